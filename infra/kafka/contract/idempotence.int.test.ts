import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { readAll } from './consume.ts';
import { createTopic, kafkaOf, openBroker, producerOf, rawClient, type TestBroker } from './harness.ts';
import type { RawClient } from './raw-client.ts';
import { fetch, initProducerId, produce } from './raw-requests.ts';

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

/** A new producer on a new topic; `send(sequence, count)` writes records with these sequences. */
async function newProducer(config: Record<string, string> = {}) {
  const topic = await createTopic(kafkaOf(broker), 1, config);
  const { id, code } = await initProducerId(client);
  expect(code).toBe(CODE.NONE);
  const send = (baseSequence: number, count = 1, producerEpoch = 0) => {
    const records = Array.from({ length: count }, (_, i) => ({ value: `${baseSequence + i}` }));
    return produce(client, topic, buildBatch({ records, producerId: id, producerEpoch, baseSequence }));
  };
  return { topic, id, send };
}

const endOf = async (topic: string) => (await fetch(client, topic)).highWatermark;

test('every producer gets another id', async () => {
  const ids = [await initProducerId(client), await initProducerId(client), await initProducerId(client)];
  expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
  expect(ids.map(({ epoch }) => epoch)).toEqual([0, 0, 0]);
});

describe('sequences', () => {
  test('a batch that is sent again is answered as before and not written twice', async () => {
    const { topic, send } = await newProducer();
    expect(await send(0, 3)).toMatchObject({ code: CODE.NONE, baseOffset: 0 });
    expect(await send(3, 2)).toMatchObject({ code: CODE.NONE, baseOffset: 3 });
    expect(await send(0, 3)).toMatchObject({ code: CODE.NONE, baseOffset: 0 });
    expect(await send(3, 2)).toMatchObject({ code: CODE.NONE, baseOffset: 3 });
    expect(await endOf(topic)).toBe(5);
  });

  test('the last five batches are remembered', async () => {
    const { topic, send } = await newProducer();
    for (let i = 0; i < 6; i++) await send(i);
    expect(await send(1)).toMatchObject({ code: CODE.NONE, baseOffset: 1 });
    expect((await send(0)).code).toBe(CODE.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(await endOf(topic)).toBe(6);
  });

  test.each([
    ['ahead', 5, 1],
    ['behind, overlapping', 1, 2],
    ['the same start, but longer', 0, 4],
  ])('one that is %s is out of order', async (_, sequence, count) => {
    const { topic, send } = await newProducer();
    await send(0, 3);
    expect((await send(sequence, count)).code).toBe(CODE.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(await endOf(topic)).toBe(3);
  });

  test('a refused batch does not hinder the right one', async () => {
    const { send } = await newProducer();
    await send(0);
    await send(7);
    expect(await send(1)).toMatchObject({ code: CODE.NONE, baseOffset: 1 });
  });

  test('a newer epoch begins at 0, and fences the older one', async () => {
    const { send } = await newProducer();
    await send(0);
    expect((await send(1, 1, 1)).code).toBe(CODE.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect((await send(0, 1, 1)).code).toBe(CODE.NONE);
    expect((await send(1, 1, 0)).code).toBe(CODE.INVALID_PRODUCER_EPOCH);
  });

  test('they are counted for each partition on its own', async () => {
    const topic = await createTopic(kafkaOf(broker), 2);
    const { id } = await initProducerId(client);
    const batch = () =>
      buildBatch({ records: [{ value: 'v' }], producerId: id, producerEpoch: 0, baseSequence: 0 });
    expect((await produce(client, topic, batch(), { partition: 0 })).code).toBe(CODE.NONE);
    expect((await produce(client, topic, batch(), { partition: 1 })).code).toBe(CODE.NONE);
  });

  test('they wrap around', async () => {
    const { send } = await newProducer();
    expect((await send(2 ** 31 - 2, 3)).code).toBe(CODE.NONE);
    expect(await send(1)).toMatchObject({ code: CODE.NONE, baseOffset: 3 });
  });

  test('a duplicate on a LogAppendTime topic has the time of the first', async () => {
    const { send } = await newProducer({ 'message.timestamp.type': 'LogAppendTime' });
    const first = await send(0);
    expect(await send(0)).toEqual(first);
  });
});

test('kafkajs’ idempotent producer writes everything once', async () => {
  const kafka = kafkaOf(broker);
  const topic = await createTopic(kafka);
  const producer = await producerOf(kafka, { idempotent: true });
  for (let i = 0; i < 20; i++) await producer.send({ topic, messages: [{ value: `${i}` }] });
  const values = (await readAll(kafka, topic, 20)).map(({ value }) => Number(value));
  expect(values).toEqual(Array.from({ length: 20 }, (_, i) => i));
  await producer.disconnect();
});
