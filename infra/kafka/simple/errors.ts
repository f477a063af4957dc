import { UserError } from '../../errors.ts';

/** A Kafka operation that failed: by its broker's word or for want of a broker. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  /** It may succeed later, with the same arguments. */
  readonly retriable: boolean;
  /** The protocol's name of the error (UNKNOWN_TOPIC_OR_PARTITION …), '' where the client made it. */
  readonly type: string;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.type = causes(cause).find((each) => each.type !== undefined)?.type ?? '';
    this.retriable = causes(cause).some((each) => each.retriable === true || isLost(each));
  }
}

interface KafkajsError {
  readonly name?: string;
  readonly type?: string;
  readonly retriable?: boolean;
  readonly cause?: unknown;
}

/** The error, its cause, its cause's cause … */
function causes(error: unknown): KafkajsError[] {
  const chain: KafkajsError[] = [];
  for (let at = error; at instanceof Error && chain.length < 10; at = at.cause)
    chain.push(at as KafkajsError);
  return chain;
}

/** No broker could be reached, or the connection went away. */
function isLost(error: KafkajsError): boolean {
  return /^KafkaJS(Connection|RequestTimeout|NumberOfRetries|NoBroker|BrokerNotFound|Metadata)/.test(
    error.name ?? '',
  );
}

/** The membership of a group is over: rejoin. */
export function isMembershipError(error: unknown): boolean {
  const over = new Set([
    'ILLEGAL_GENERATION',
    'UNKNOWN_MEMBER_ID',
    'REBALANCE_IN_PROGRESS',
    'NOT_COORDINATOR_FOR_GROUP',
  ]);
  return causes(error).some((each) => over.has(each.type ?? ''));
}

/** The one sentence for a Kafka that does not answer. */
export function unreachable(brokers: readonly string[]): UserError {
  return new UserError(
    `cannot reach Kafka at ${brokers.join(', ')}: is it running, and does KAFKA_BROKERS name it?`,
  );
}
