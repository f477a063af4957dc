import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { isTransient, toKafkaError, typeOf } from './errors.ts';

export interface RetryOptions {
  /** What is tried, for messages: 'read ati.spans'. */
  readonly doing: string;
  readonly brokers: readonly string[];
  readonly log: Logger;
  /** Tries transient errors again for so long; Infinity is a choice. */
  readonly patienceMs: number;
  /** Ends it: the promise rejects with the last error. */
  readonly signal?: AbortSignal;
  /** In [0, 1). */
  readonly random?: () => number;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
/** The first silence is not worth a line; a long one is, now and then. */
const LOG_AFTER_MS = 1_000;
const LOG_EVERY_MS = 30_000;
/** A topic that was created a moment ago may not be known everywhere yet; one that is still unknown then isn't there. */
const UNKNOWN_TOPIC_PATIENCE_MS = 5_000;

/** Between half of `ms` and the whole: so that many clients of a broker that comes back do not come at once. */
export function spread(ms: number, random: () => number = Math.random): number {
  return Math.round(ms * (0.5 + random() / 2));
}

/** The result of `operation`, tried again with back-off while brokers are away. Throws KafkaError. */
export async function retrying<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { doing, brokers, log, signal, random } = options;
  const started = performance.now();
  let logged = Number.NEGATIVE_INFINITY;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
    try {
      const result = await operation();
      if (logged > 0) log.info(`Kafka answers again: can ${doing}`);
      return result;
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      const error = toKafkaError(cause, doing, brokers);
      const elapsed = performance.now() - started;
      const patience =
        typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
          ? Math.min(options.patienceMs, UNKNOWN_TOPIC_PATIENCE_MS)
          : options.patienceMs;
      if (!isTransient(error) || signal?.aborted || elapsed + delay > patience) throw error;
      if (elapsed >= LOG_AFTER_MS && elapsed - logged >= LOG_EVERY_MS) {
        log.warn(`${error.message}; trying again`);
        logged = elapsed;
      }
    }
    await sleep(spread(delay, random), signal);
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** The result of `promise`, or undefined as soon as the signal aborts; what comes after that is nobody's. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return undefined;
  }
  // Not Promise.race: a signal that lives long would keep every result that it was raced against.
  const first = Promise.withResolvers<T | undefined>();
  const onAbort = () => first.resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  promise.then(first.resolve, first.reject);
  try {
    return await first.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
