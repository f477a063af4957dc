/** What a broker's death may cost: nothing that was acknowledged. On a real Kafka too, where it is ours to kill. */
import { appendFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { readAll } from './consume.ts';
import {
  cannotKill,
  createTopic,
  kafkaOf,
  openBroker,
  producerOf,
  rawClient,
  type TestBroker,
  uniqueName,
  until,
  untilServed,
} from './harness.ts';
import { commit, committed } from './raw-group.ts';
import { fetch, initProducerId, produce } from './raw-requests.ts';

let broker: TestBroker;

beforeAll(async () => {
  broker = await openBroker();
});

afterAll(async () => {
  await broker?.close();
});

const OUTSIDE = { memberId: '', generation: -1 };
/** A real Kafka takes up to 15 s to come back after a SIGKILL. */
const TIMEOUT_MS = 90_000;

describe.skipIf(cannotKill)(`a broker that dies${cannotKill ? ` (skipped: ${cannotKill})` : ''}`, () => {
  test.each(['kill', 'stop'] as const)(
    '%s: acknowledged records and committed offsets are there afterwards',
    async (how) => {
      const kafka = kafkaOf(broker);
      const topic = await createTopic(kafka, 2);
      const group = uniqueName('group');
      const client = await rawClient(broker);
      for (let i = 0; i < 50; i++) {
        const batch = buildBatch({ records: [{ value: `${i}` }] });
        expect(await produce(client, topic, batch, { partition: i % 2 })).toMatchObject({ code: CODE.NONE });
      }
      expect(await commit(client, group, OUTSIDE, topic, 17, { metadata: 'floor' })).toBe(CODE.NONE);
      await broker[how]();
      await until('the connection is closed', () => client.closed);
      await broker.start();
      const values = (await readAll(kafka, topic, 50)).map(({ value }) => Number(value));
      expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
      const again = await rawClient(broker);
      await until('the offset is served', async () => (await committed(again, group, topic)).offset === 17);
      expect((await committed(again, group, topic)).metadata).toBe('floor');
      again.close();
    },
    TIMEOUT_MS,
  );

  test.each([
    ['half a batch', buildBatch({ records: [{ value: 'x'.repeat(500) }], baseOffset: 3 }).subarray(0, 300)],
    ['zeros', Buffer.alloc(4096)],
    ['a batch whose bytes are wrong', damaged()],
  ])(
    'a torn tail (%s) is cut off, and the log goes on behind the last whole batch',
    async (_, tail) => {
      const kafka = kafkaOf(broker);
      const topic = await createTopic(kafka);
      const client = await rawClient(broker);
      for (let i = 0; i < 3; i++) await produce(client, topic, buildBatch({ records: [{ value: `${i}` }] }));
      const directory = broker.partitionDirectory(topic, 0);
      await broker.kill();
      const [segment] = (await readdir(directory)).filter((file) => file.endsWith('.log'));
      const whole = (await stat(join(directory, segment))).size;
      await appendFile(join(directory, segment), tail);
      await broker.start();
      const again = await rawClient(broker);
      await untilServed(kafka, topic);
      expect((await fetch(again, topic)).highWatermark).toBe(3);
      expect((await stat(join(directory, segment))).size).toBe(whole);
      expect(await produce(again, topic, buildBatch({ records: [{ value: '3' }] }))).toMatchObject({
        baseOffset: 3,
      });
      expect((await readAll(kafka, topic, 4)).map(({ value }) => String(value))).toEqual([
        '0',
        '1',
        '2',
        '3',
      ]);
      again.close();
    },
    TIMEOUT_MS,
  );

  test(
    'the sequences of idempotent producers are known again',
    async () => {
      const topic = await createTopic(kafkaOf(broker));
      const client = await rawClient(broker);
      const { id } = await initProducerId(client);
      const batch = (baseSequence: number) =>
        buildBatch({
          records: [{ value: `${baseSequence}` }],
          producerId: id,
          producerEpoch: 0,
          baseSequence,
        });
      for (let i = 0; i < 3; i++)
        expect(await produce(client, topic, batch(i))).toMatchObject({ baseOffset: i });
      await broker.kill();
      await broker.start();
      const again = await rawClient(broker);
      await untilServed(kafkaOf(broker), topic);
      // The producer has not seen the answer to its last batch and sends it again.
      expect(await produce(again, topic, batch(2))).toMatchObject({ code: CODE.NONE, baseOffset: 2 });
      expect((await produce(again, topic, batch(7))).code).toBe(CODE.OUT_OF_ORDER_SEQUENCE_NUMBER);
      expect(await produce(again, topic, batch(3))).toMatchObject({ code: CODE.NONE, baseOffset: 3 });
      const others = await until('ids are given', async () => {
        const given = await initProducerId(again);
        return given.code === CODE.NONE && given;
      });
      expect(others.id).toBeGreaterThan(id);
      again.close();
    },
    TIMEOUT_MS,
  );

  test(
    'a kafkajs idempotent producer goes on, and everything is there once',
    async () => {
      const kafka = kafkaOf(broker, 30);
      const topic = await createTopic(kafka);
      const producer = await producerOf(kafka, { idempotent: true });
      for (let i = 0; i < 10; i++) await producer.send({ topic, messages: [{ value: `${i}` }] });
      await broker.kill();
      const sending = producer.send({ topic, messages: [{ value: '10' }] });
      await broker.start();
      await sending;
      await producer.send({ topic, messages: [{ value: '11' }] });
      const values = (await readAll(kafka, topic, 12)).map(({ value }) => Number(value));
      expect(values).toEqual(Array.from({ length: 12 }, (_, i) => i));
      await producer.disconnect();
    },
    TIMEOUT_MS,
  );
});

/** A batch that is as long as it says, with one bit wrong. */
function damaged(): Buffer {
  const batch = buildBatch({ records: [{ value: 'x' }], baseOffset: 3 });
  batch[batch.length - 1] ^= 1;
  return batch;
}
