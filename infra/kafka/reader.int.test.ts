import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../testing/until.ts';
import { external, type TestKafka, testKafka, valuesOf, write } from './testing.ts';

let broker: TestKafka;

beforeAll(async () => {
  broker = await testKafka({ ATI_BROKER_HOUSEKEEPING_MS: '50' });
});
afterAll(() => broker?.close());

test('an end that was given before the log grew: up to there', async () => {
  const topic = await broker.topic(1);
  await write(broker.kafka, topic, 0, ['a', 'b', 'c']);
  const reading = broker.kafka.read(topic, 0, 0)[Symbol.asyncIterator]();
  expect(String((await reading.next()).value?.value)).toBe('a');
  await write(broker.kafka, topic, 0, ['d']);
  const rest: string[] = [];
  for (let step = await reading.next(); !step.done; step = await reading.next())
    rest.push(String(step.value.value));
  expect(rest).toEqual(['b', 'c']);
});

test('a range that is empty asks nobody', async () => {
  expect(await valuesOf(broker.kafka.read('test-nobody-made-it', 0, 5, 5))).toEqual([]);
});

test('a partition that does not exist: an error with its name', async () => {
  const topic = await broker.topic(1);
  await expect(valuesOf(broker.kafka.read(topic, 7, 0))).rejects.toThrow(`topic ${topic} has no partition 7`);
});

test('a topic that does not exist: an error with its name', async () => {
  await expect(valuesOf(broker.kafka.read('test-nobody-made-it', 0, 0))).rejects.toThrow(
    'test-nobody-made-it',
  );
});

// A real Kafka compacts when it likes: minutes later.
test.skipIf(external)(
  'a compacted log: the last value of each key, from any offset, with no hole to fall into',
  async () => {
    const topic = await broker.topic(1, { 'cleanup.policy': 'compact', 'segment.bytes': String(1 << 20) });
    const producer = await broker.kafka.producer();
    const total = 60;
    // Batches of three; key k0 is only in the first of them.
    for (let i = 0; i < total; i += 3) {
      await producer.send(
        topic,
        [i, i + 1, i + 2].map((n) => ({
          partition: 0,
          key: n === 0 ? 'k0' : `k${1 + (n % 2)}`,
          value: padded(n),
        })),
      );
    }
    await producer.close();
    const read = async (from: number, to?: number) =>
      (await valuesOf(broker.kafka.read(topic, 0, from, to))).map(Number.parseFloat);
    await until('the compaction', async () => (await read(0)).length < total / 2);
    // The next round of compaction may come at any time: a range counts if the whole was the same before and after.
    const undisturbed = async (from: number, to?: number) => {
      for (;;) {
        const kept = await read(0);
        const range = await read(from, to);
        if (isDeepStrictEqual(await read(0), kept)) return { kept, range };
      }
    };
    for (let from = 0; from <= total; from++) {
      const { kept, range } = await undisturbed(from);
      expect([kept[0], kept.at(-1)]).toEqual([0, total - 1]);
      expect(range).toEqual(kept.filter((n) => n >= from));
    }
    const { kept, range } = await undisturbed(0, 30);
    expect(range).toEqual(kept.filter((n) => n < 30));
  },
);

/** A value that starts with its number, and fills a segment of 1 MiB (the least there is) with twenty others. */
function padded(n: number): Buffer {
  return Buffer.from(`${n} `.padEnd(50_000, '.'));
}
