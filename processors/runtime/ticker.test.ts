import { expect, it } from 'vitest';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import { Ticker } from './ticker.ts';

it('writes to partitions whose clock stands, once a second each', async () => {
  let now = 10_000;
  const clocks = new Map([
    [0, 9_500],
    [1, 3_000],
  ]);
  const sent: [number, number, number][] = [];
  const send = async (records: readonly OutgoingRecord[]) => {
    for (const { partition, value } of records) {
      const batch = decodeAs('SpanBatch', value!);
      if (!batch.ok) throw new Error(batch.reason);
      sent.push([partition!, batch.value.receivedAt, batch.value.otlp.length]);
    }
    return [];
  };
  const ticker = new Ticker({ now: () => now, owned: () => clocks, send, onError: () => {} });
  await ticker.tick();
  expect(sent).toEqual([[1, 10_000, 0]]);
  now = 10_500;
  await ticker.tick();
  expect(sent.slice(1)).toEqual([[0, 10_500, 0]]);
  now = 10_999;
  await ticker.tick();
  expect(sent.length).toBe(2);
  clocks.set(1, 10_900);
  now = 11_500;
  await ticker.tick();
  expect(sent.slice(2)).toEqual([[0, 11_500, 0]]);
});

it('writes none while its clock is off from the broker’s, and tries again after a minute', async () => {
  let now = 100_000;
  let broker = 90_000;
  let sends = 0;
  const send = async () => {
    sends++;
    return [{ partition: 0, baseOffset: 0, logAppendTime: broker }];
  };
  const ticker = new Ticker({ now: () => now, owned: () => new Map([[0, 0]]), send, onError: () => {} });
  await ticker.tick();
  expect(ticker.fault()).toMatch(/10\.0 s ahead of the broker's/);
  now += 5_000;
  await ticker.tick();
  expect(sends).toBe(1);
  now += 60_000;
  broker = now;
  await ticker.tick();
  expect(sends).toBe(2);
  expect(ticker.fault()).toBeUndefined();
});
