import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBatch } from '../embedded/batch/build.ts';
import { CODE } from '../embedded/wire/codes.ts';
import { Writer } from '../embedded/wire/writer.ts';
import { createTopic, kafkaOf, openBroker, rawClient, type TestBroker } from './harness.ts';
import { fetch, produce } from './raw-requests.ts';

let broker: TestBroker;
let topic: string;

beforeAll(async () => {
  broker = await openBroker();
  topic = await createTopic(kafkaOf(broker));
});

afterAll(async () => {
  await broker?.close();
});

/** A whole request: length, header of version 1, `body`. */
function request(key: number, version: number, body: Buffer): Buffer {
  const out = new Writer().int16(key).int16(version).int32(1).string('hostile');
  const length = Buffer.alloc(4);
  length.writeInt32BE(out.size + body.length);
  return Buffer.concat([length, ...out.pieces(), body]);
}

describe('a connection that sends what is no request is closed, and others go on', () => {
  test.each([
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ['a length of 2 GB', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['an unknown API', request(999, 0, Buffer.alloc(20))],
    ['a version from the future', request(3, 99, Buffer.alloc(20))],
    ['a body that is cut short', request(3, 4, Buffer.from([0, 0, 0, 5, 0, 3, 97]))],
    ['an array longer than the request', request(3, 4, Buffer.from([0x7f, 0xff, 0xff, 0xff, 0]))],
    ['a produce of random bytes', request(0, 7, randomBytes(300))],
  ])('%s', async (_, bytes) => {
    const client = await rawClient(broker);
    await expect(client.sendBytes(bytes)).rejects.toThrow('closed the connection');
    const other = await rawClient(broker);
    expect((await fetch(other, topic)).code).toBe(CODE.NONE);
    other.close();
  });
});

test('a request in many small pieces is one request', async () => {
  const client = await rawClient(broker);
  const bytes = request(18, 0, Buffer.alloc(0));
  let answer: Promise<{ int16(): number }> | undefined;
  for (const byte of bytes) {
    const sent = client.sendBytes(Buffer.from([byte]));
    answer ??= sent;
    sent.catch(() => undefined); // the others have no answer of their own
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await answer)?.int16()).toBe(CODE.NONE);
  client.close();
});

test('requests sent at once are answered in their order', async () => {
  const client = await rawClient(broker);
  const own = await createTopic(kafkaOf(broker));
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => produce(client, own, buildBatch({ records: [{ value: `${i}` }] }))),
  );
  expect(answers.map(({ baseOffset }) => baseOffset)).toEqual(answers.map((_, i) => i));
  client.close();
});

test('ApiVersions of an unknown version is answered in the form of version 0', async () => {
  const client = await rawClient(broker);
  // Newer versions have tagged fields behind the header (none) and compact strings (client name and version).
  const body = await client.request(18, 99, (out) => out.int8(0).int8(1).int8(1).int8(0));
  expect(body.int16()).toBe(CODE.UNSUPPORTED_VERSION);
  const apis = body.array(() => [body.int16(), body.int16(), body.int16()]);
  expect(body.failed).toBe(false);
  expect(apis.map(([key]) => key)).toContain(18);
  client.close();
});

test('a client that does not read its answers holds up nobody', async () => {
  const big = await createTopic(kafkaOf(broker));
  const writer = await rawClient(broker);
  const batch = () => buildBatch({ records: [{ value: 'x'.repeat(900_000) }] });
  for (let i = 0; i < 8; i++) await produce(writer, big, batch());
  const lazy = await rawClient(broker);
  lazy.pause();
  const unread = Array.from({ length: 40 }, () => fetch(lazy, big, { partitionMaxBytes: 8 << 20 }));
  for (let i = 0; i < 20; i++) expect((await fetch(writer, big)).code).toBe(CODE.NONE);
  lazy.resume();
  for (const { records } of await Promise.all(unread)) expect(records.length).toBeGreaterThan(7_000_000);
  lazy.close();
  writer.close();
});
