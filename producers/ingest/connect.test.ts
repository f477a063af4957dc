import { expect, test } from 'vitest';
import { UserError } from '#infra/errors.ts';
import { createLog } from '#infra/log.ts';
import { withPatience } from './connect.ts';

const log = createLog('test', 'silent');

/** Rejects until it is called for the `good`th time. */
function connection(good: number, error: Error) {
  let calls = 0;
  const connect = async () => {
    calls++;
    if (calls < good) throw error;
    return 'connected';
  };
  return { connect, calls: () => calls };
}

test('a broker that comes up later is waited for', async () => {
  const { connect, calls } = connection(3, new Error('refused'));
  const options = { log, patienceMs: 60_000, retryMs: 1, curable: () => true };
  expect(await withPatience(connect, options)).toBe('connected');
  expect(calls()).toBe(3);
});

test('patience ends with the last error', async () => {
  const { connect, calls } = connection(Number.POSITIVE_INFINITY, new Error('refused'));
  const options = { log, patienceMs: 20, retryMs: 1, curable: () => true };
  await expect(withPatience(connect, options)).rejects.toThrow('refused');
  expect(calls()).toBeGreaterThan(1);
});

test('what waiting cannot cure is not waited for', async () => {
  const { connect, calls } = connection(2, new UserError('3 partitions, not 4'));
  const options = { log, patienceMs: 60_000, retryMs: 1, curable: () => false };
  await expect(withPatience(connect, options)).rejects.toThrow('3 partitions, not 4');
  expect(calls()).toBe(1);
});
