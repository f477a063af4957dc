import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { UserError } from '../errors.ts';
import { KafkaError } from './errors.ts';
import { retrying, sleep, spread, unlessAborted } from './retry.ts';

const options = { doing: 'read t', brokers: ['a:1'], log: pino({ level: 'silent' }) };
const away = () => new KafkaError('cannot reach Kafka at a:1: connection refused', { transient: true });

function failing(times: number, error: () => Error) {
  let calls = 0;
  return {
    operation: async () => {
      calls++;
      if (calls <= times) throw error();
      return calls;
    },
    calls: () => calls,
  };
}

describe('retrying', () => {
  test('tries transient errors again until it succeeds', async () => {
    const { operation } = failing(2, away);
    expect(await retrying(operation, { ...options, patienceMs: 60_000 })).toBe(3);
  });

  test('a request that is wrong is not sent twice', async () => {
    const { operation, calls } = failing(9, () => new KafkaError('too large', { transient: false }));
    await expect(retrying(operation, { ...options, patienceMs: Number.POSITIVE_INFINITY })).rejects.toThrow(
      'too large',
    );
    expect(calls()).toBe(1);
  });

  test('without patience the first error counts', async () => {
    const { operation, calls } = failing(9, away);
    await expect(retrying(operation, { ...options, patienceMs: 0 })).rejects.toThrow('cannot reach Kafka');
    expect(calls()).toBe(1);
  });

  test('a topic that nobody knows is not waited for without end', async () => {
    const unknown = () =>
      new KafkaError('no such topic', { transient: true, type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    const { operation } = failing(Number.POSITIVE_INFINITY, unknown);
    await expect(retrying(operation, { ...options, patienceMs: Number.POSITIVE_INFINITY })).rejects.toThrow(
      'no such topic',
    );
  });

  test('an abort ends it with the last error', async () => {
    const stop = new AbortController();
    const { operation } = failing(Number.POSITIVE_INFINITY, () => {
      stop.abort();
      return away();
    });
    const patient = { ...options, patienceMs: Number.POSITIVE_INFINITY, signal: stop.signal };
    await expect(retrying(operation, patient)).rejects.toThrow('cannot reach Kafka');
  });

  test('a sentence for the user stays as it is', async () => {
    const error = new UserError('set ATI_PARTITIONS to 4');
    const { operation } = failing(1, () => error);
    await expect(retrying(operation, { ...options, patienceMs: 9 })).rejects.toBe(error);
  });
});

test('pauses are spread between a half and the whole', () => {
  expect([0, 0.5, 1].map((drawn) => spread(2_000, () => drawn))).toEqual([1_000, 1_500, 2_000]);
});

describe('unlessAborted', () => {
  test('gives the result, or undefined once aborted', async () => {
    const stop = new AbortController();
    expect(await unlessAborted(Promise.resolve(1), stop.signal)).toBe(1);
    const waiting = unlessAborted(new Promise(() => undefined), stop.signal);
    stop.abort();
    expect(await waiting).toBeUndefined();
    expect(await unlessAborted(Promise.reject(new Error('too late')), stop.signal)).toBeUndefined();
  });

  test('an error before the abort is the caller’s', async () => {
    await expect(
      unlessAborted(Promise.reject(new Error('no')), new AbortController().signal),
    ).rejects.toThrow('no');
  });
});

test('sleep ends at once when aborted', async () => {
  const stop = new AbortController();
  const sleeping = sleep(3_600_000, stop.signal);
  stop.abort();
  await sleeping;
});
