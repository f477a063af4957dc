import { expect, test } from 'vitest';
import type { Kafka, KafkaRecord } from '#infra/kafka/port.ts';
import { encode } from '#schemas/codec.ts';
import { planOf } from './plan.ts';

const HOUR = 3_600_000;
const BASE = 1_700_000_000_000;

interface Partition {
  /** Offset of the first record that is left. */
  readonly earliest?: number;
  /** What the sink has committed; -1: nothing. */
  readonly committed: number;
  /** Hours of the records' own clocks; undefined: no event. They come an hour apart. */
  readonly stamps: readonly (number | undefined)[];
}

function kafkaWith(partitions: readonly Partition[]): Kafka {
  const logs = partitions.map(({ stamps, earliest = 0 }, partition) =>
    stamps.map(
      (hours, i): KafkaRecord => ({
        ...{ partition, offset: earliest + i, timestamp: BASE + i * HOUR, key: null, headers: {} },
        value:
          hours === undefined
            ? Buffer.from('poison')
            : encode('SpanBatch', {
                ...{ tenant: 'default', spanCount: 0, otlp: Buffer.alloc(0) },
                receivedAt: BASE + hours * HOUR,
              }),
      }),
    ),
  );
  const endOf = (partition: number) => (partitions[partition].earliest ?? 0) + logs[partition].length;
  return {
    async offsets() {
      return partitions.map(({ earliest = 0 }, partition) => ({
        partition,
        earliest,
        latest: endOf(partition),
      }));
    },
    async offsetsForTime(_topic: string, time: number) {
      return logs.map((log, partition) => ({
        partition,
        offset: log.find(({ timestamp }) => timestamp >= time)?.offset ?? endOf(partition),
      }));
    },
    async committed() {
      return partitions.map(({ committed: offset }, partition) => ({ partition, offset, metadata: '' }));
    },
    async *read(_topic: string, partition: number, from: number, to = Number.POSITIVE_INFINITY) {
      yield* logs[partition].filter(({ offset }) => offset >= from && offset < to);
    },
  } as unknown as Kafka;
}

const plan = (
  partitions: readonly Partition[],
  from: 'earliest' | number = 'earliest',
  to: 'latest' | number = 'latest',
) => planOf(kafkaWith(partitions), 'spans', 'sink', from, to);

test('a log that has lost nothing gives everything since its first record', async () => {
  const { ranges, carry } = await plan([
    { committed: 2, stamps: [undefined, 3, 1] },
    { committed: 1, stamps: [2] },
  ]);
  expect(ranges).toEqual([
    { partition: 0, from: 0, to: 3 },
    { partition: 1, from: 0, to: 1 },
  ]);
  expect(carry).toEqual({ below: BASE + 2 * HOUR, from: Number.POSITIVE_INFINITY });
});

test('of a log that has lost its start, what the partition that lost most may have given is kept', async () => {
  const { carry } = await plan([
    { committed: 3, stamps: [0, 1, 2] },
    { earliest: 7, committed: 9, stamps: [5, 6] },
  ]);
  expect(carry.below).toBe(BASE + 6 * HOUR);
});

test('what a partition has given of which the log has nothing left is kept, however late that was', async () => {
  const { carry } = await plan([
    { earliest: 3, committed: 5, stamps: [0, 1] },
    { earliest: 4, committed: 4, stamps: [] },
  ]);
  expect(carry.below).toBe(Number.POSITIVE_INFINITY);
});

test('of a partition without a record since --from, what is from before it is kept', async () => {
  const { carry } = await plan(
    [
      { committed: 3, stamps: [0, 1, 2] },
      { committed: 2, stamps: [0, 5] },
      { committed: 1, stamps: [0] },
    ],
    BASE + 2 * HOUR,
  );
  // The second one's last record before the range is the latest of all that the range does not give.
  expect(carry.below).toBe(BASE + 6 * HOUR);
});

test('--from never skips what the sink has not stored; --to leaves the rest to the tail, from where the sink is', async () => {
  const stamps = [0, 1, 2, 3, 4, 5];
  const { ranges, tail, carry } = await plan(
    [
      { committed: 6, stamps },
      { committed: 1, stamps },
      { committed: -1, stamps },
    ],
    BASE + 2 * HOUR,
    BASE + 4 * HOUR,
  );
  expect(ranges).toEqual([
    { partition: 0, from: 2, to: 4 },
    { partition: 1, from: 1, to: 4 },
    { partition: 2, from: 0, to: 4 },
  ]);
  // The first has stored all: nothing of it is to be read again; the others go on behind the range.
  expect([...tail]).toEqual([
    [0, 6],
    [1, 4],
    [2, 4],
  ]);
  expect(carry).toEqual({ below: BASE + 3 * HOUR, from: BASE + 2 * HOUR });
});

test('with nothing to replay everything is carried over', async () => {
  expect((await plan([{ committed: -1, stamps: [] }])).carry.below).toBe(Number.POSITIVE_INFINITY);
  expect((await plan([{ committed: 2, stamps: [0, 1] }], BASE + 9 * HOUR)).carry.below).toBe(
    Number.POSITIVE_INFINITY,
  );
});
