import { expect, test } from 'vitest';
import { recalledLimit } from './dead-letter-recall.ts';
import type { KafkaRecord } from './port.ts';

/** A topic of two partitions, whose group has committed `committed`; letters as [group, topic, partition, offset]. */
function kafkaWith(
  committed: readonly [number, number],
  letters: readonly (readonly [string, string, number, number])[],
) {
  const log = letters.map(
    ([group, topic, partition, offset], at): KafkaRecord => ({
      ...{ partition: 0, offset: at, timestamp: 0, key: null, value: null },
      headers: Object.fromEntries(
        Object.entries({ group, topic, partition, offset }).map(([name, value]) => [
          name,
          Buffer.from(String(value)),
        ]),
      ),
    }),
  );
  return {
    async offsets(topic: string) {
      return topic === 'dead'
        ? [{ partition: 0, earliest: 0, latest: log.length }]
        : [0, 1].map((partition) => ({ partition, earliest: 0, latest: 10_000 }));
    },
    async committed() {
      return committed.map((offset, partition) => ({ partition, offset, metadata: '' }));
    },
    async *read(_topic: string, _partition: number, from: number, to = Number.POSITIVE_INFINITY) {
      yield* log.slice(from, to);
    },
  };
}

const place = { deadLetters: 'dead', topic: 'spans', groupId: 'sink' };
const letters = (count: number, from = 0, group = 'sink', topic = 'spans') =>
  Array.from({ length: count }, (_, i) => [group, topic, i % 2, from + (i >> 1)] as const);

/** How many bad records it takes to stop a consumer that starts so. */
async function untilFault(...args: Parameters<typeof kafkaWith>): Promise<number> {
  const limit = await recalledLimit(kafkaWith(...args), place);
  for (let bad = 1; bad <= 2_000; bad++) {
    limit.add(true);
    if (limit.fault() !== undefined) return bad;
  }
  return Number.POSITIVE_INFINITY;
}

test('a consumer that was stopped at its limit is at it still, whatever of it was committed', async () => {
  expect(await untilFault([0, 0], letters(99))).toBe(1);
  expect(await untilFault([50, 49], letters(99))).toBe(1);
  expect(await untilFault([20, 0], letters(99))).toBe(1);
});

test('without letters, with those of another group or topic, or with old ones, it begins anew', async () => {
  expect(await untilFault([5_000, 5_000], [])).toBe(100);
  expect(await untilFault([0, 0], letters(99, 0, 'processor'))).toBe(100);
  expect(await untilFault([0, 0], letters(99, 0, 'sink', 'traces'))).toBe(100);
  // A thousand good records since: half of a window must be bad again.
  expect(await untilFault([2_000, 2_000], letters(99))).toBe(501);
});

test('some letters among good records count for what they are', async () => {
  // 100 of the last 1,000: 401 more make it more than half, as good ones are forgotten.
  expect(await untilFault([500, 500], letters(100, 400))).toBe(401);
});

test('with a share of 1 there is no limit', async () => {
  const limit = await recalledLimit(kafkaWith([0, 0], letters(99)), place, 1);
  for (let i = 0; i < 2_000; i++) limit.add(true);
  expect(limit.fault()).toBeUndefined();
});
