import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { createTopic, kafkaOf, openBroker, rawClient, type TestBroker, until } from './harness.ts';
import type { RawClient } from './raw-client.ts';
import { fetch, listOffset, produce } from './raw-requests.ts';

let broker: TestBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await openBroker();
  client = await rawClient(broker);
});

afterAll(async () => {
  client?.close();
  await broker?.close();
});

/** Appends batches of one 400 KB record each: two fill a segment of 1 MB. */
async function fill(topic: string, count: number, timestamp: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const batch = buildBatch({ records: [{ key: `k${i}`, value: 'x'.repeat(400_000), timestamp }] });
    expect((await produce(client, topic, batch)).code).toBe(CODE.NONE);
  }
}

const startOf = async (topic: string) => (await listOffset(client, topic, -2)).offset;
const SEGMENTS_OF_1_MB = { 'segment.bytes': '1048576' };

describe('retention', () => {
  test('by time: records past it go, the offsets go on', async () => {
    const topic = await createTopic(kafkaOf(broker), 1, { ...SEGMENTS_OF_1_MB, 'retention.ms': '60000' });
    await fill(topic, 5, Date.now() - 3_600_000);
    await until('the old records are gone', async () => (await startOf(topic)) === 5);
    expect((await fetch(client, topic, { offset: 0 })).code).toBe(CODE.OFFSET_OUT_OF_RANGE);
    const { baseOffset } = await produce(
      client,
      topic,
      buildBatch({ records: [{ value: 'new', timestamp: Date.now() }] }),
    );
    expect(baseOffset).toBe(5);
  });

  test('by bytes: the oldest segments go, the newest stay', async () => {
    const topic = await createTopic(kafkaOf(broker), 1, {
      ...SEGMENTS_OF_1_MB,
      'retention.bytes': '1000000',
    });
    await fill(topic, 9, Date.now());
    await until('the oldest segments are gone', async () => (await startOf(topic)) === 6);
    expect((await fetch(client, topic, { offset: 6 })).records.length).toBeGreaterThan(400_000);
  });

  test('nothing goes that is within both', async () => {
    const settings = { ...SEGMENTS_OF_1_MB, 'retention.ms': '3600000', 'retention.bytes': '100000000' };
    const kept = await createTopic(kafkaOf(broker), 1, settings);
    const sign = await createTopic(kafkaOf(broker), 1, { ...SEGMENTS_OF_1_MB, 'retention.bytes': '1000000' });
    await fill(kept, 5, Date.now());
    await fill(sign, 9, Date.now());
    await until('retention has been applied elsewhere', async () => (await startOf(sign)) > 0);
    expect(await startOf(kept)).toBe(0);
  });

  test('a compacted topic keeps its old records', async () => {
    const settings = { ...SEGMENTS_OF_1_MB, 'cleanup.policy': 'compact', 'retention.ms': '1000' };
    const kept = await createTopic(kafkaOf(broker), 1, settings);
    const sign = await createTopic(kafkaOf(broker), 1, { ...SEGMENTS_OF_1_MB, 'retention.ms': '1000' });
    await fill(kept, 5, Date.now() - 3_600_000);
    await fill(sign, 5, Date.now() - 3_600_000);
    await until('retention has been applied elsewhere', async () => (await startOf(sign)) > 0);
    expect(await startOf(kept)).toBe(0);
  });
});
