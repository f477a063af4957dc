/** What an orchestrator asks a processor, as a process: /live of its worker threads, /ready of its broker. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type SpawnedBroker, spawnBroker } from '#infra/kafka/embedded/spawn.ts';
import { freePort } from '#infra/ports.ts';
import type { ForkedProcess } from '#infra/testing/fork.ts';
import { until } from '#infra/testing/until.ts';
import { spawnProcessor } from '../testing/process.ts';

let directory: string;
let broker: SpawnedBroker;
let port: number;
let processor: ForkedProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ati-probes-'));
  broker = await spawnBroker({ dataDir: directory });
  port = await freePort();
});
afterEach(async () => {
  await processor?.end('SIGKILL');
  await broker.kill();
  await rm(directory, { recursive: true });
});

const env = () => ({
  KAFKA_BROKERS: broker.brokers.join(),
  ATI_DATA_DIR: directory,
  ATI_PARTITIONS: '2',
  ATI_WORKERS: '2',
  ATI_PROCESSOR_PORT: String(port),
});

async function ask(route: '/live' | '/ready'): Promise<{ status: number; reasons: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${route}`).catch((cause: Error) => {
    throw new Error(`the processor does not answer; it wrote: ${processor?.output()}`, { cause });
  });
  const { reasons = [] } = (await response.json()) as { reasons?: string[] };
  return { status: response.status, reasons: reasons.join('; ') };
}

it('a worker thread that does not end its task: /live says so once it has been too long, and which', async () => {
  const file = join(directory, 'stuck');
  const preload = new URL('./fixtures/stuck-worker.ts', import.meta.url).href;
  processor = await spawnProcessor({ ...env(), STUCK_FILE: file, NODE_OPTIONS: `--import ${preload}` });
  // Time alone is no reason.
  processor.kill('SIGUSR2');
  await until('ready', async () => (await ask('/ready')).status === 200);
  expect((await ask('/live')).status).toBe(200);

  await writeFile(file, '');
  const stuck = await until('/live says no', async () => {
    // Its ticks are the tasks.
    processor?.kill('SIGUSR2');
    const live = await ask('/live');
    return live.status === 200 ? undefined : live;
  });
  expect(stuck.status).toBe(503);
  expect(stuck.reasons).toMatch(/^worker [01] has not ended for \d{3,} s/);
  expect(await ask('/ready')).toMatchObject({ status: 503 });
  // It stays so: it is no task that was under way when the clock went ahead.
  for (let i = 0; i < 100; i++) expect((await ask('/live')).status).toBe(503);
});

it('without a broker it lives and is not ready; with it again it is, without a restart', async () => {
  processor = await spawnProcessor(env());
  await until('ready', async () => (await ask('/ready')).status === 200);
  await broker.kill();
  const { reasons } = await until('not ready', async () => {
    const ready = await ask('/ready');
    return ready.status === 503 ? ready : undefined;
  });
  expect(reasons).toContain('no Kafka broker answers');
  expect((await ask('/live')).status).toBe(200);
  broker = await spawnBroker({ dataDir: directory, port: broker.port });
  await until('ready again', async () => (await ask('/ready')).status === 200);
  expect(processor.child.exitCode).toBeNull();
});
