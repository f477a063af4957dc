import { expect, test } from 'vitest';
import { UserError } from '#infra/errors.ts';
import { createLog } from '#infra/log.ts';
import { withPatience } from './connect.ts';

const options = { brokers: ['a:1', 'b:2'], log: createLog('test', 'silent'), patienceMs: 3, retryMs: 1 };

/** Rejects until it is called for the `good`th time. */
function connection(good: number, error = new Error('refused')) {
  let calls = 0;
  const connect = async () => {
    calls++;
    if (calls < good) throw error;
    return 'connected';
  };
  return { connect, calls: () => calls };
}

test('a broker that comes up later is waited for', async () => {
  const { connect, calls } = connection(3);
  expect(await withPatience(connect, options)).toBe('connected');
  expect(calls()).toBe(3);
});

test('patience ends with one clear sentence', async () => {
  const { connect, calls } = connection(4);
  const failure = withPatience(connect, options);
  await expect(failure).rejects.toThrow('no Kafka broker answers at a:1, b:2: refused');
  await expect(failure).rejects.toBeInstanceOf(UserError);
  expect(calls()).toBe(3);
});

test('what waiting cannot cure is not waited for', async () => {
  const { connect, calls } = connection(2, new UserError('ati.spans has 3 partitions, not 4'));
  await expect(withPatience(connect, options)).rejects.toThrow('ati.spans has 3 partitions');
  expect(calls()).toBe(1);
});
