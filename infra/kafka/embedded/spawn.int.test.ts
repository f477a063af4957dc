import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../ports.ts';
import { connectKafka } from '../client.ts';
import { RawClient } from '../contract/raw-client.ts';
import { produce } from '../contract/raw-requests.ts';
import { buildBatch } from './batch/build.ts';
import { type SpawnedBroker, type SpawnOptions, spawnBroker } from './spawn.ts';
import { CODE } from './wire/codes.ts';

let dataDir: string;
const running: SpawnedBroker[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ati-spawn-'));
});

afterEach(async () => {
  for (const broker of running.splice(0)) await broker.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: Partial<SpawnOptions> = {}): Promise<SpawnedBroker> {
  const broker = await spawnBroker({ dataDir, ...options });
  running.push(broker);
  return broker;
}

const meta = () => join(dataDir, 'kafka', 'meta.json');

test('a port that is taken: one sentence that says what to do', async () => {
  const { port } = await start();
  await expect(spawnBroker({ dataDir: join(dataDir, 'other'), port })).rejects.toThrow(
    `port ${port} is in use by another program: set ATI_BROKER_PORT, or KAFKA_BROKERS to use the Kafka that is there`,
  );
});

test.skipIf(process.platform === 'win32')('what it stores is for its own user alone', async () => {
  await start();
  expect((await stat(join(dataDir, 'kafka'))).mode & 0o777).toBe(0o700);
});

test('a data directory has one broker at a time; that of a killed one is taken over', async () => {
  const first = await start();
  await expect(spawnBroker({ dataDir })).rejects.toThrow(
    `is in use by another embedded broker (pid ${first.pid})`,
  );
  await first.kill();
  const second = await start({ port: first.port });
  expect(second.port).toBe(first.port);
});

test('the cluster keeps its id', async () => {
  await (await start()).stop();
  const before = await readFile(meta(), 'utf8');
  await start();
  expect(await readFile(meta(), 'utf8')).toBe(before);
});

test.each([
  ['a format from the future', '{"format":2,"clusterId":"x"}', 'has format 2, this broker reads 1'],
  ['garbage', '{', 'cannot be read'],
])('%s is refused, and nothing is touched', async (_, content, sentence) => {
  await (await start()).stop();
  await writeFile(meta(), content);
  await expect(spawnBroker({ dataDir })).rejects.toThrow(sentence);
  expect(await readFile(meta(), 'utf8')).toBe(content);
});

test('with fsync every append is answered all the same, many at once too', async () => {
  const { port } = await start({ env: { ATI_BROKER_FSYNC: 'true' } });
  const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.connect('127.0.0.1', port)));
  // Metadata with auto creation makes the topic.
  await clients[0].request(3, 4, (out) => out.array(['synced'], (name) => out.string(name)).boolean(true));
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      produce(clients[i % 3], 'synced', buildBatch({ records: [{ value: `${i}` }] })),
    ),
  );
  expect(answers.map(({ code }) => code)).toEqual(answers.map(() => CODE.NONE));
  expect(new Set(answers.map(({ baseOffset }) => baseOffset)).size).toBe(30);
  for (const client of clients) client.close();
});

test('clients are told the address that it was given, such as a proxy of its port', async () => {
  const at = await freePort();
  const broker = await start({ env: { ATI_BROKER_ADVERTISED: `127.0.0.1:${at}` } });
  let forwarded = 0;
  const proxy = createServer((socket) => {
    forwarded++;
    const onwards = connect(broker.port, '127.0.0.1');
    socket.pipe(onwards).pipe(socket);
    for (const each of [socket, onwards]) each.on('error', () => undefined);
  }).listen(at, '127.0.0.1');
  // The seed is the broker itself; what is read comes from where its metadata say.
  const kafka = await connectKafka({
    brokers: broker.brokers,
    clientId: 'test',
    log: pino({ level: 'silent' }),
  });
  await kafka.ensureTopics([{ name: 'told', partitions: 1, config: {} }]);
  expect(await kafka.offsets('told')).toEqual([{ partition: 0, earliest: 0, latest: 0 }]);
  expect(forwarded).toBeGreaterThan(0);
  await kafka.close();
  proxy.close();
});
