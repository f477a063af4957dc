import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type SpawnedEngine, spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import { hex, incidentEvent, temporaryDirectory } from '../testing.ts';
import { eventually, record, startBroker, type TestBroker } from '../testing-broker.ts';
import { startProcess, type TestProcess } from '../testing-process.ts';

let broker: TestBroker;
let directory: { path: string; remove(): Promise<void> };
let engine: SpawnedEngine;
const processes: TestProcess[] = [];

beforeAll(async () => {
  broker = await startBroker();
  directory = await temporaryDirectory();
  engine = await spawnEngine({ dataDir: directory.path });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.end('SIGKILL')));
});
afterAll(async () => {
  await engine?.stop();
  await broker?.stop();
  await directory?.remove();
});

async function start(name: 'sink' | 'api', env: Record<string, string> = {}): Promise<TestProcess> {
  const started = await startProcess(name, {
    KAFKA_BROKERS: broker.brokers.join(','),
    ATI_PARTITIONS: '3',
    ATI_TOPIC_PREFIX: broker.prefix,
    CLICKHOUSE_URL: engine.url,
    ...env,
  });
  processes.push(started);
  return started;
}

test('an incident on the log is on the stream and in the list; SIGTERM ends the process with a client on it', async () => {
  const [api] = await Promise.all([start('api'), start('sink').then((sink) => sink.ready)]);
  await api.ready;
  expect((await fetch(`${api.url}/ready`)).status).toBe(200);
  const stream = await fetch(`${api.url}/v1/incidents/stream`);
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let heard = '';
  const listening = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      heard += value;
    }
  })();
  await eventually(
    () => heard,
    (text) => text.includes(': connected'),
  );
  await broker.produce('incidents', [record(1, 'IncidentEvent', incidentEvent({ incidentId: hex(7, 32) }))]);
  await eventually(
    () => heard,
    (text) => text.includes(hex(7, 32)),
  );
  const list = async () =>
    (await fetch(`${api.url}/v1/incidents`)).json() as Promise<{ incidents: unknown[] }>;
  const { incidents } = await eventually(list, (body) => body.incidents?.length > 0);
  expect(incidents).toEqual([expect.objectContaining({ incidentId: hex(7, 32), state: 'open' })]);

  api.kill('SIGTERM');
  expect(await listening).toBe('ended');
  expect(await api.exited).toBe(0);
});

test('a port in use: one sentence that says what to do', async () => {
  const first = await start('api');
  await first.ready;
  const second = await start('api', { ATI_API_PORT: new URL(first.url).port });
  expect(await second.exited).toBe(1);
  expect(second.stderr().trim()).toBe(
    `port ${new URL(first.url).port} is in use by another program: set ATI_API_PORT to a free one`,
  );
});
