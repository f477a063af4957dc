import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { Lifecycle } from '../lifecycle.ts';
import { freePort } from '../ports.ts';
import { until } from '../testing/until.ts';
import { type SpawnedBroker, spawnBroker } from './embedded/spawn.ts';
import type { Kafka } from './port.ts';
import { startKafka } from './start.ts';
import { silent } from './testing.ts';

let dataDir: string;
let port: number;
let broker: SpawnedBroker | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'ati-kafka-'));
  port = await freePort();
});
afterAll(async () => {
  await broker?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function contextOf(partitions: number) {
  const read = readConfig({ KAFKA_BROKERS: `127.0.0.1:${port}`, ATI_PARTITIONS: String(partitions) });
  if (!read.ok) throw new Error(read.message);
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  return { config: read.config, log, lifecycle: new Lifecycle(silent), lines };
}

test('patience ends with one clear sentence', async () => {
  const sentence = `cannot reach Kafka at 127.0.0.1:${port}: connection refused`;
  await expect(startKafka(contextOf(2), 'test', 200)).rejects.toThrow(sentence);
});

test('a broker that comes up later is waited for, and the log says so', async () => {
  const context = contextOf(2);
  const starting = startKafka(context, 'test');
  await until('a line in the log', () => context.lines.some((line) => line.includes('trying again')));
  expect(context.lines.join('')).toContain(`cannot reach Kafka at 127.0.0.1:${port}`);
  broker = await spawnBroker({ dataDir, port });
  const kafka: Kafka = await starting;
  expect((await kafka.offsets('ati.spans')).length).toBe(2);
  // The summary of a very large trace: brokers take 1 MiB where a topic does not say otherwise.
  const producer = await kafka.producer();
  const value = randomBytes(6 << 20);
  expect(await producer.send('ati.traces', [{ partition: 0, value }])).toEqual([
    { partition: 0, baseOffset: 0 },
  ]);
  await producer.close();
  expect(await context.lifecycle.stop()).toBe(0);
  await expect(kafka.offsets('ati.spans')).rejects.toThrow('closed');
});

test('topics with another number of partitions: waiting cures nothing', async () => {
  const context = contextOf(3);
  const failed = await startKafka(context, 'test').catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(UserError);
  expect(String(failed)).toContain('has 2 partitions and should have 3');
  expect(context.lines).toEqual([]);
  await context.lifecycle.stop();
});
