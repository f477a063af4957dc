/** Acknowledge and mute from the terminal: CLI → API → log, with the sink beside it and a stand-in for stage 2. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SpawnedEngine, spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { IncidentEvent, OperatorAction } from '#schemas/events.ts';
import { signalPartition } from '#schemas/signal-key.ts';
import { incidentEvent, temporaryDirectory } from '../testing.ts';
import { eventually, PARTITIONS, record, startBroker, type TestBroker } from '../testing-broker.ts';
import { startProcess, type TestProcess } from '../testing-process.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
let broker: TestBroker;
let directory: { path: string; remove(): Promise<void> };
let engine: SpawnedEngine;
let api: TestProcess;
const ended: { end(signal: 'SIGKILL'): Promise<unknown> }[] = [];
const children: ChildProcess[] = [];

const ID = 'ab'.repeat(16);
const OTHER = `ac${'00'.repeat(15)}`;
const OVER = 'ad'.repeat(16);
const opened = incidentEvent({ incidentId: ID });

beforeAll(async () => {
  broker = await startBroker();
  directory = await temporaryDirectory();
  engine = await spawnEngine({ dataDir: directory.path });
  const env = {
    KAFKA_BROKERS: broker.brokers.join(','),
    ATI_PARTITIONS: String(PARTITIONS),
    ATI_TOPIC_PREFIX: broker.prefix,
    CLICKHOUSE_URL: engine.url,
    ATI_SINK_FLUSH_MS: '50',
  };
  const sink = await startProcess('sink', env);
  ended.push(sink);
  await sink.ready;
  api = await startProcess('api', env);
  ended.push(api);
  await api.ready;
  await say(opened);
  await say({ ...opened, incidentId: OTHER, agent: 'another' });
  await eventually(
    async () => {
      const response = await fetch(`${api.url}/v1/incidents`);
      return ((await response.json()) as { incidents: unknown[] }).incidents.length;
    },
    (n) => n === 2,
  );
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(ended.map((each) => each.end('SIGKILL')));
  await engine?.stop();
  await broker?.stop();
  await directory?.remove();
});

const say = (event: IncidentEvent) => broker.produce('incidents', [record(0, 'IncidentEvent', event)]);

function cli(args: readonly string[], url = api.url) {
  const child = spawn(process.execPath, [MAIN, ...args, '--api', url], {
    env: { ...process.env, USER: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return once(child, 'close').then(([code]) => ({ code, out, err }));
}

/** The actions in the partition of the incident's signals, in their order. */
async function actions(of = opened): Promise<OperatorAction[]> {
  const partition = signalPartition(of, PARTITIONS);
  const found: OperatorAction[] = [];
  for await (const { value } of broker.kafka.read(broker.topic('signals'), partition, 0)) {
    const action = decodeAs('OperatorAction', value ?? new Uint8Array());
    if (action.ok) found.push(action.value);
  }
  return found;
}

test('ack: on the log where the incident’s signals are, and answered with the event that comes of it', async () => {
  const done = cli(['ack', 'ab', '--by', 'ann', '--note', 'looking']);
  const [action] = await eventually(
    () => actions(),
    (all) => all.length === 1,
  );
  expect(action).toMatchObject({ incidentId: ID, action: 'acknowledge', by: 'ann', note: 'looking' });
  const { at, by, note } = action;
  await say({
    ...opened,
    event: 'acknowledged',
    revision: 2,
    acknowledgedBy: by,
    acknowledgedAt: at,
    note,
  });
  expect(await done).toEqual({
    code: 0,
    out: 'acknowledged by ann: retry_storm at planner / plan trip (abababab)\n',
    err: '',
  });
  expect(await cli(['ack', ID, '--by', 'bob'])).toEqual({
    code: 1,
    out: '',
    err: `the API at ${api.url} says: already acknowledged by ann\n`,
  });
});

test('mute: for a time from now', async () => {
  const done = cli(['mute', 'ABAB', '--by', 'ann', '--for', '2h']);
  const all = await eventually(
    () => actions(),
    (found) => found.length === 2,
  );
  const { action, at, until } = all[1];
  expect([action, until - at]).toEqual(['mute', 7_200_000]);
  await say({
    ...opened,
    event: 'muted',
    revision: 3,
    acknowledgedBy: 'ann',
    mutedUntil: until,
    note: 'ann',
  });
  expect((await done).out).toBe(
    `muted until ${new Date(until).toISOString()}: retry_storm at planner / plan trip (abababab)\n`,
  );
});

test('mute and unmute of one that is over: it stays over', async () => {
  const over = { ...opened, incidentId: OVER, agent: 'done', event: 'resolved', revision: 2 } as const;
  await say(over);
  const resolved = async () => {
    const response = await fetch(`${api.url}/v1/incidents?state=resolved`);
    return ((await response.json()) as { incidents: unknown[] }).incidents.length;
  };
  await eventually(resolved, (n) => n === 1);
  const seen = (await actions(over)).length;
  const muting = cli(['mute', 'ad', '--by', 'ann', '--for', '2h']);
  const [{ until }] = (
    await eventually(
      () => actions(over),
      (all) => all.length === seen + 1,
    )
  ).slice(-1);
  await say({ ...over, revision: 3, mutedUntil: until });
  expect(await muting).toEqual({
    code: 0,
    out: `muted until ${new Date(until).toISOString()}: retry_storm at done / plan trip (adadadad, resolved)\n`,
    err: '',
  });
  const unmuting = cli(['unmute', 'ad', '--by', 'ann']);
  await eventually(
    () => actions(over),
    (all) => all.length === seen + 2,
  );
  await say({ ...over, revision: 4 });
  expect((await unmuting).out).toBe('unmuted: retry_storm at done / plan trip (adadadad, resolved)\n');
  expect((await cli(['ack', 'ad', '--by', 'ann'])).err).toMatch(
    /is resolved: only an open one is acknowledged/,
  );
});

test.each([
  [['ack', 'a', '--by', 'ann'], 1, /^the ids of several incidents begin with a: give more of it\n {2}a[bcd]/],
  [['ack', 'ff', '--by', 'ann'], 1, /^no incident's id begins with ff: see npm run incidents$/],
  [['unmute', 'ac', '--by', 'ann'], 1, /says: it is not muted$/],
  [['ack', 'ac'], 2, /who does it\? \$USER is not set: give --by <name>/],
  [['ack', 'xyz', '--by', 'ann'], 2, /up to 32 hex digits/],
  [['mute', 'ac', '--by', 'ann'], 2, /--for <time>' not specified/],
  [['mute', 'ac', '--by', 'ann', '--for', 'ever'], 2, /like 45m, 2h/],
  [['mute', 'ac', '--by', 'ann', '--for', '400d'], 2, /'400d' is invalid. It can be at most 366d/],
])('%j ends with %i', async (args, code, message) => {
  const { out, err, ...result } = await cli(args);
  expect([out, result.code]).toEqual(['', code]);
  expect(err.trimEnd()).toMatch(message);
});

test('without an API: one sentence', async () => {
  const { code, err } = await cli(['ack', 'ab', '--by', 'ann'], 'http://127.0.0.1:9');
  expect(code).toBe(1);
  expect(err).toMatch(
    /^ATI's query API does not answer at http:\/\/127\.0\.0\.1:9 \(.*\): is ATI running\? .*\n$/,
  );
});
