import { expect, it } from 'vitest';
import { toClickHouseError } from './errors.ts';
import { ClickHouseError } from './port.ts';
import { retrying } from './retry.ts';

const retriable = () => new ClickHouseError('later', 241, true);

function failing(times: number, error: () => Error = retriable) {
  let calls = 0;
  return async () => {
    if (calls++ < times) throw error();
    return calls;
  };
}

it('tries again until it works, with growing pauses up to the longest', async () => {
  const pauses: number[] = [];
  const onRetry = (_error: ClickHouseError, _attempt: number, pauseMs: number) => pauses.push(pauseMs);
  const options = { firstMs: 1, maxMs: 4, random: () => 1, onRetry };
  expect(await retrying(failing(5), options)).toBe(6);
  expect(pauses).toEqual([1, 2, 4, 4, 4]);
});

it.each([new ClickHouseError('never', 60, false), new TypeError('a bug')])(
  'throws at once: %s',
  async (error) => {
    let calls = 0;
    const operation = async () => {
      calls++;
      throw error;
    };
    await expect(retrying(operation, { firstMs: 1 })).rejects.toBe(error);
    expect(calls).toBe(1);
  },
);

it('ends with the last error when the signal aborts in a pause', async () => {
  const abort = new AbortController();
  const waiting = retrying(failing(9), {
    firstMs: 1_000_000,
    maxMs: 1_000_000,
    signal: abort.signal,
    onRetry: () => abort.abort(),
  });
  await expect(waiting).rejects.toMatchObject({ code: 241 });
});

it('takes a broken connection for retriable and a mistake of ours not', () => {
  expect(toClickHouseError(Object.assign(new Error('read'), { code: 'ECONNRESET' }))).toMatchObject({
    code: 0,
    retriable: true,
  });
  expect(toClickHouseError(new TypeError('x is not a function'))).toMatchObject({ retriable: false });
  expect(toClickHouseError(new Error('aborted'), true)).toMatchObject({ code: 394, retriable: false });
});
