import { certificateFault } from '../tls.ts';

/** What went wrong with Kafka, in one clear sentence; `cause` is kafkajs's error. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  /** Kafka's name of the error (`UNKNOWN_TOPIC_OR_PARTITION` …), where a broker gave one. */
  readonly type: string | undefined;
  /** It may go better later: no broker answered, or it asked for patience. */
  readonly transient: boolean;

  constructor(message: string, options: { cause?: unknown; type?: string; transient: boolean }) {
    super(message, { cause: options.cause });
    this.type = options.type;
    this.transient = options.transient;
  }
}

interface KafkaJsError {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly code?: string | number;
  readonly retriable?: boolean;
  readonly cause?: unknown;
  readonly topic?: string;
  readonly partition?: number;
  readonly errors?: readonly unknown[];
}

/** No broker answers: these name no fault of ours or of the request. */
const UNREACHABLE = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
]);

/**
 * What kafkajs says, in an error without a name of its own, of a connection that is open and on which no version has been
 * agreed upon: a broker that accepts and does not answer. Its version is pinned, and a test asks it for these words.
 */
const NOT_CONNECTED = 'Broker not connected';

const isUnreachable = ({ name, message }: KafkaJsError): boolean =>
  UNREACHABLE.has(name) || (name === 'Error' && message === NOT_CONNECTED);

/** The cluster is there and not ready: metadata or a coordinator is not known yet. */
const NOT_READY = new Set([
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
]);

/** Our membership of a group is over, or its generation is: join again. */
const MEMBERSHIP_LOST = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);

/** The login was refused. */
const SASL_REFUSED = 'KafkaJSSASLAuthenticationError';

/** The broker's TLS alerts about the certificate that we show, or do not. */
const OURS_REFUSED = /^ERR_SSL_.*ALERT_(NO_|BAD_|UNSUPPORTED_)?(CERTIFICATE|HANDSHAKE_FAILURE|UNKNOWN_CA)/;
/** What answers speaks no TLS. */
const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/;

/** The error under kafkajs's wrappers. */
export function rootCause(error: unknown): KafkaJsError {
  let current = error as KafkaJsError;
  while (WRAPPERS.has(current?.name) && current.cause instanceof Error) {
    current = current.cause as KafkaJsError;
  }
  return current;
}

const WRAPPERS = new Set(['KafkaJSNumberOfRetriesExceeded', 'KafkaJSNonRetriableError', 'KafkaError']);

/** Kafka's name of the error, if a broker gave one. */
export function typeOf(error: unknown): string | undefined {
  return error instanceof KafkaError ? error.type : rootCause(error)?.type;
}

/** True where a broker has refused the request: the connection is sound. */
export function isBrokerAnswer(error: unknown): boolean {
  return typeOf(error) !== undefined;
}

/** True where the group goes on without this member or this generation: it has to join again. */
export function isMembershipLost(error: unknown): boolean {
  return MEMBERSHIP_LOST.has(typeOf(error) ?? '');
}

/** True where the same request may succeed later: a broker is away, moved, or asks for patience. */
export function isTransient(error: unknown): boolean {
  if (error instanceof KafkaError) return error.transient;
  const root = rootCause(error);
  const { name, type, retriable, code } = root;
  if (securityFault(code) !== undefined) return false;
  if (isUnreachable(root) || NOT_READY.has(name)) return true;
  if (MEMBERSHIP_LOST.has(type ?? '')) return false;
  return type !== undefined && (retriable === true || MOVED.has(type));
}

/** Not marked as retriable by kafkajs, though a fresh connection finds the new place. */
const MOVED = new Set(['NOT_COORDINATOR_FOR_GROUP', 'NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE']);

/** Any error of kafkajs as a KafkaError; `doing` says what was tried ('read ati.spans'). */
export function toKafkaError(error: unknown, doing: string, brokers: readonly string[]): KafkaError {
  if (error instanceof KafkaError) return error;
  const root = rootCause(error);
  const options = { cause: error, type: root.type, transient: isTransient(error) };
  const at = brokers.join(', ');
  const fault = root.name === SASL_REFUSED ? `${LOGIN_REFUSED}: ${root.message}` : securityFault(root.code);
  if (fault !== undefined) return new KafkaError(`Kafka at ${at} ${fault}`, options);
  if (isUnreachable(root)) {
    return new KafkaError(`cannot reach Kafka at ${at}: ${reason(root)}`, options);
  }
  const details = root.errors?.map((each) => rootCause(each).message).join('; ');
  return new KafkaError(`Kafka cannot ${doing}: ${details || root.message}`, options);
}

const LOGIN_REFUSED =
  'refuses the login (are KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD right?)';

/** What a code says of TLS that more patience does not mend, and what to do; undefined where it says nothing of it. */
function securityFault(code: string | number | undefined): string | undefined {
  const name = String(code);
  const certificate = certificateFault(code);
  if (certificate !== undefined)
    return `${certificate}: KAFKA_SSL_CA must hold its authority, and KAFKA_BROKERS must say the name that is in it`;
  if (OURS_REFUSED.test(name))
    return `does not accept our certificate (${name}): are KAFKA_SSL_CERT and KAFKA_SSL_KEY right?`;
  if (NO_TLS.test(name))
    return `speaks no TLS on this port (${name}): is it the right one, or KAFKA_SSL=false?`;
  return undefined;
}

/** Brokers close a connection that does not speak as they want it, without a word. */
const CLOSED = 'it closed the connection (does it want KAFKA_SSL or KAFKA_SASL_MECHANISM?)';

function reason({ name, code, message }: KafkaJsError): string {
  if (name === 'KafkaJSConnectionClosedError') return CLOSED;
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is unknown';
    default:
      return message.replace(/^Connection error: /, '').toLowerCase();
  }
}
