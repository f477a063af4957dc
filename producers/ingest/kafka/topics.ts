import { messageOf, UserError } from '#infra/errors.ts';
import { typeOf } from '#infra/kafka/errors.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { sleep } from '#infra/kafka/retry.ts';
import type { Logger } from '#infra/log.ts';

/** What is on such a topic has not passed the allowlist: where it is ours to say, it is not kept for long. */
const RETENTION_MS = 24 * 60 * 60 * 1000;
const RETRY_MS = 5_000;
const LOG_EVERY_TRIES = 12;

export interface AwaitTopics {
  readonly kafka: Pick<Kafka, 'offsets' | 'ensureTopics'>;
  readonly names: readonly string[];
  /** Of a topic that is created here; one that is there has as many as it has. */
  readonly partitions: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly retryMs?: number;
}

/**
 * Resolves with true once every topic is there: whoever comes first, we or the Collector, creates it. Where we may not,
 * or no broker answers, it is waited for. False when the signal comes first.
 */
export async function awaitTopics({ names, ...options }: AwaitTopics): Promise<boolean> {
  for (const name of names) if (!(await awaitTopic(name, options))) return false;
  return true;
}

async function awaitTopic(name: string, options: Omit<AwaitTopics, 'names'>): Promise<boolean> {
  const { kafka, partitions, log, signal, retryMs = RETRY_MS } = options;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      if (await exists(kafka, name)) return true;
      const config = { 'retention.ms': String(RETENTION_MS) };
      await kafka.ensureTopics([{ name, partitions, config }]);
      log.info({ topic: name, partitions }, 'the topic of a Collector was not there: created');
      return true;
    } catch (error) {
      // The Collector was faster, with another number of partitions: it is there at the next look.
      if (error instanceof UserError) continue;
      if (tries % LOG_EVERY_TRIES === 0)
        log.warn({ topic: name, reason: messageOf(error) }, 'waiting for the topic of a Collector');
    }
    await sleep(retryMs, signal);
  }
  return false;
}

async function exists(kafka: Pick<Kafka, 'offsets'>, name: string): Promise<boolean> {
  try {
    await kafka.offsets(name);
    return true;
  } catch (error) {
    if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
    throw error;
  }
}
