import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { incidents } from '../projections/incidents.ts';
import { byTable } from '../projections/projection.ts';
import { spans } from '../projections/spans.ts';
import { traces } from '../projections/traces.ts';
import { finding, hex, incidentEvent, spanBatch, store, traceSummary } from '../testing.ts';
import { eventually, PARTITIONS, record } from '../testing-broker.ts';
import { TestSinks } from '../testing-sinks.ts';
import { logBatch, metricBatch } from '../testing-telemetry.ts';
import { cleanUp, type ReplayDeps } from './replay.ts';
import { Scratch } from './scratch.ts';
import { runToEnd, startCommand } from './testing.ts';

const sinks = new TestSinks();
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ati-replay-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const HOUR = 3_600_000;

/** Of now, so that no TTL and no partition of broken clocks has a say. */
const BASE = Date.now() - 10 * HOUR;

/** One span a batch, the n-th received at `at`. */
const span = (n: number, at = BASE + n): OutgoingRecord =>
  record(
    n % PARTITIONS,
    'SpanBatch',
    spanBatch(
      [
        {
          traceId: hex(n + 1, 32),
          spanId: hex(n + 1, 16),
          name: `span ${n}`,
          startTimeUnixNano: BigInt(at) * 1_000_000n,
        },
      ],
      { receivedAt: at },
    ),
  );
const spansOf = (from: number, to: number, at?: number) =>
  Array.from({ length: to - from }, (_, i) => span(from + i, at));

const env = (): Record<string, string> => ({
  KAFKA_BROKERS: sinks.broker.brokers.join(','),
  ATI_PARTITIONS: String(PARTITIONS),
  ATI_TOPIC_PREFIX: sinks.prefix,
  CLICKHOUSE_URL: sinks.engine.url,
  CLICKHOUSE_DATABASE: sinks.database,
  ATI_DATA_DIR: directory,
});
const replayed = (...args: string[]) => runToEnd('replay/main.ts', args, env());

const tableOf = (table: string) => `${sinks.database}.${table}`;

/** A metric of each kind and two log records, at a time of the n-th. */
function telemetry(n: number): OutgoingRecord[] {
  const timeUnixNano = BigInt(BASE + n) * 1_000_000n;
  const at = { receivedAt: BASE + n };
  const metrics = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].map((kind) => ({
    name: `m.${kind}`,
    [kind]: { dataPoints: [{ timeUnixNano }] },
  }));
  const logs = [{ timeUnixNano, eventName: 'tick' }, { timeUnixNano }];
  return [
    record(n % PARTITIONS, 'MetricBatch', metricBatch(metrics, at)),
    record(n % PARTITIONS, 'LogBatch', logBatch(logs, at)),
  ];
}
const TELEMETRY = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']
  .map((kind) => `otel_metrics_${kind}`)
  .concat('otel_logs');

function signal(revision: number): OutgoingRecord {
  const { tenant, traceId, source } = traceSummary();
  const at = { tenant, traceId, source: { ...source, clock: BASE }, eventTime: BASE };
  const what = { scope: 'operation' as const, agent: 'planner', operation: 'plan' };
  const facts = [
    { kind: 'retry_storm', callee: 'search', values: [{ name: 'attempts', value: 4, unit: 'count' }] },
  ];
  return record(1, 'Signal', {
    ...{ ...at, ...what, facts, revision },
    ...{ calls: 3, errors: 1, durationMs: 1.5, findings: [finding()], callees: ['search'] },
  });
}

/** Rows as a user counts them, without the time of storage. */
const rowsOf = (table: string) =>
  sinks.clickhouse.query(`SELECT * EXCEPT StoredAt FROM ${tableOf(table)} FINAL ORDER BY ALL`);
const countOf = async (table: string, condition = 'true') => {
  const [row] = await sinks.clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${tableOf(table)} FINAL WHERE ${condition}`,
  );
  return Number(row.n);
};
const databases = async () =>
  (await sinks.clickhouse.query<{ name: string }>('SELECT name FROM system.databases')).map(
    ({ name }) => name,
  );

async function stored(records: number): Promise<void> {
  await eventually(
    () => sinks.progress('spans'),
    ({ committed, end }) => committed === end && end >= records,
  );
}

describe('a whole log', () => {
  test('every table is what it was, without what the log never gave; views and the API’s questions go on', async () => {
    await sinks.produce('spans', [...spansOf(0, 300), { partition: 0, value: Buffer.from('poison') }]);
    await sinks.produce(
      'traces',
      [1, 2].map((revision) => record(0, 'TraceSummary', traceSummary({ revision }))),
    );
    await sinks.produce(
      'incidents',
      [1, 2, 3].map((revision) => record(1, 'IncidentEvent', incidentEvent({ revision }))),
    );
    await sinks.produce('telemetry', Array.from({ length: 40 }, (_, n) => telemetry(n)).flat());
    await sinks.produce('signals', [
      signal(1),
      record(1, 'ClockMark', { source: traceSummary().source }),
      signal(2),
    ]);
    const sink = await sinks.start();
    await sink.ready;
    await stored(301);
    await eventually(
      () => sinks.progress('telemetry'),
      ({ committed, end }) => committed === end,
    );
    await eventually(
      () => countOf('ati_signals', 'Revision = 2'),
      (count) => count === 1,
    );
    await eventually(
      () => countOf('ati_incident_events'),
      (count) => count === 3,
    );
    await eventually(
      () => countOf('ati_traces', 'Revision = 2'),
      (count) => count === 1,
    );
    const tables = ['otel_traces', 'ati_traces', 'ati_incident_events', 'ati_signals', ...TELEMETRY];
    const everything = async () => ({
      tables: await Promise.all(tables.map(rowsOf)),
      view: await sinks.clickhouse.query(`SELECT * EXCEPT StoredAt FROM ${tableOf('ati_incidents')}`),
      paths: await sinks.clickhouse.query(`SELECT * FROM ${tableOf('ati_critical_path')}`),
    });
    const before = await everything();
    expect(before.tables.map(({ length }) => length)).toEqual([300, 1, 3, 1, 40, 40, 40, 40, 40, 80]);
    expect([before.view.length, before.paths.length]).toEqual([1, 1]);

    // What a fault of an earlier version may have left there.
    const wrong = spanBatch([{ traceId: hex(7, 32), spanId: hex(9, 16), name: 'never was' }], {
      receivedAt: BASE + 50,
    });
    const at = { clickhouse: sinks.clickhouse, database: sinks.database };
    await store(at, spans, 'SpanBatch', [wrong]);
    await sinks.clickhouse.command(
      `ALTER TABLE ${tableOf('ati_incident_events')} DELETE WHERE Revision = 3 SETTINGS mutations_sync = 1`,
    );
    // And what was lost of the others.
    for (const table of ['ati_signals', 'otel_logs', 'otel_metrics_sum'])
      await sinks.clickhouse.command(`TRUNCATE TABLE ${tableOf(table)}`);
    expect(await countOf('otel_traces')).toBe(301);

    const dry = await replayed('--topic', 'all', '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('spans: would read 301 records');
    expect(dry.stdout).toContain(`${tableOf('otel_traces')}: 301 rows now, of which 0 would be carried over`);
    expect(await databases()).not.toContain(`${sinks.database}__replay`);
    expect(await countOf('otel_traces')).toBe(301);

    const { code, stdout, stderr } = await replayed('--topic', 'all');
    expect(stderr).not.toContain('replay:');
    expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([0, 'replayed']);
    expect(stdout).toContain(`${tableOf('otel_traces')}: 301 rows before, 300 now`);
    expect(stdout).toContain('1 record cannot be stored, as before');
    expect(await everything()).toEqual(before);
    expect(await databases()).not.toContain(`${sinks.database}__replay`);
  });
});

describe('while the sink writes', () => {
  test('nothing that comes during the replay is lost, whichever side of the swap it was stored on', async () => {
    const sink = await sinks.start();
    await sink.ready;
    await sinks.produce('spans', spansOf(0, 1_000));
    let sent = 1_000;
    let going = true;
    const load = (async () => {
      while (going) {
        await sinks.produce('spans', spansOf(sent, sent + 30));
        sent += 30;
        // As fast as the sink stores it, and no faster: it is always somewhere between two commits.
        await eventually(
          () => sinks.progress('spans'),
          ({ committed, end }) => end - committed < 200,
        );
      }
    })();
    for (let round = 0; round < 2; round++) {
      const { code, stdout, stderr } = await replayed('--topic', 'spans');
      expect([code, stdout.includes('replayed'), stderr.includes('replay:')]).toEqual([0, true, false]);
    }
    going = false;
    await load;
    await stored(sent);
    expect(sink.child.exitCode).toBeNull();
    expect(sent).toBeGreaterThan(1_100);
    expect(await countOf('otel_traces')).toBe(sent);
    expect(await sinks.deadLetters()).toEqual([]);
  });
});

describe('interrupted', () => {
  test('kill -9 in mid-fill leaves the old table alone; Ctrl-C cleans up; the next run does it all', async () => {
    const sink = await sinks.start();
    await sink.ready;
    await sinks.produce('spans', spansOf(0, 2_000));
    await stored(2_000);
    const before = await rowsOf('otel_traces');

    const killed = startCommand('replay/main.ts', ['--topic', 'spans'], env());
    await eventually(databases, (names) => names.includes(`${sinks.database}__replay`));
    killed.child.kill('SIGKILL');
    expect(await killed.exited).toBe('SIGKILL');
    expect(await rowsOf('otel_traces')).toEqual(before);
    expect(await databases()).toContain(`${sinks.database}__replay`);

    const stopped = startCommand('replay/main.ts', ['--topic', 'spans'], env());
    await eventually(stopped.stderr, (text) => text.includes('carrying over'));
    stopped.child.kill('SIGINT');
    const code = await stopped.exited;
    expect(stopped.stderr()).toContain('an interrupted replay has left fresh tables: they are dropped');
    // The signal may come after the last moment at which it stops anything.
    expect(stopped.stdout()).toContain(code === 1 ? 'interrupted: spans is as it was' : 'replayed');
    expect(await databases()).not.toContain(`${sinks.database}__replay`);
    expect(await rowsOf('otel_traces')).toEqual(before);

    expect((await replayed('--topic', 'spans')).code).toBe(0);
    expect(await rowsOf('otel_traces')).toEqual(before);
  });

  test('a swap that was begun is ended by the next run, with what the old table alone had', async () => {
    const sink = await sinks.start();
    await sink.ready;
    await sinks.produce('spans', spansOf(0, 30));
    await stored(30);
    // A replay that died right after the exchange: its fresh table ends at offset 5 of each partition.
    const scratch = new Scratch(sinks.clickhouse, { database: sinks.database, ttlDays: 30 });
    await scratch.create();
    const fresh = { clickhouse: sinks.clickhouse, database: scratch.name };
    await store(
      fresh,
      spans,
      'SpanBatch',
      Array.from({ length: 15 }, (_, n) => batchOf(n)),
    );
    const positions = Array.from({ length: PARTITIONS }, (_, partition) => [partition, 5] as const);
    const swap = await scratch.begin({ projection: 'spans', positions }, ['otel_traces']);
    await scratch.exchange(swap);
    expect(await countOf('otel_traces')).toBe(15);

    const report = { phase: () => undefined, progress: () => undefined, say: () => undefined };
    const deps: ReplayDeps = {
      ...{
        kafka: sinks.broker.kafka,
        clickhouse: sinks.clickhouse,
        writing: sinks.clickhouse,
        scratch,
        report,
      },
      ...{ database: sinks.database, prefix: sinks.prefix, batchRows: 10 },
      signal: new AbortController().signal,
    };
    await cleanUp(deps, [byTable(traces), byTable(incidents), byTable(spans)]);
    expect(await countOf('otel_traces')).toBe(30);
    expect(await scratch.exists()).toBe(false);
  });
});

const batchOf = (n: number) =>
  spanBatch(
    [
      {
        traceId: hex(n + 1, 32),
        spanId: hex(n + 1, 16),
        name: `span ${n}`,
        startTimeUnixNano: BigInt(BASE + n) * 1_000_000n,
      },
    ],
    { receivedAt: BASE + n },
  );

describe('a part of the log', () => {
  test('rows that the log no longer has, and those before --from or after --to, are carried over', async () => {
    const sink = await sinks.start();
    await sink.ready;
    const at = { clickhouse: sinks.clickhouse, database: sinks.database };
    // Older than anything on the log: its records have expired.
    const old = (n: number) =>
      spanBatch(
        [
          {
            traceId: hex(n, 32),
            spanId: hex(n, 16),
            name: 'old',
            startTimeUnixNano: BigInt(BASE - 48 * HOUR) * 1_000_000n,
          },
        ],
        { receivedAt: BASE - 48 * HOUR },
      );
    await store(at, spans, 'SpanBatch', [old(90_001), old(90_002)]);
    // Virtual time: three hours between the first and the second half, and again.
    await sinks.produce('spans', spansOf(0, 30, BASE));
    await stored(30);
    const cut = await laterThanTheLog();
    await sinks.produce('spans', spansOf(30, 60, BASE + 3 * HOUR));
    await stored(60);
    const end = await laterThanTheLog();
    await sinks.produce('spans', spansOf(60, 90, BASE + 6 * HOUR));
    await stored(90);

    expect((await replayed('--topic', 'spans')).stdout).toContain('90 rows written, 2 carried over');
    expect(await countOf('otel_traces')).toBe(92);

    // A fault in the part that is replayed, and one in each part that is not.
    for (const [n, hours] of [0, 3, 6].entries()) {
      const wrong = spanBatch(
        [
          {
            traceId: hex(7, 32),
            spanId: hex(n + 1, 16),
            name: 'wrong',
            startTimeUnixNano: BigInt(BASE + hours * HOUR + HOUR * 1.5) * 1_000_000n,
          },
        ],
        {
          receivedAt: BASE + hours * HOUR + HOUR * 1.5,
        },
      );
      await store(at, spans, 'SpanBatch', [wrong]);
    }
    const { stdout, code } = await replayed(
      '--topic',
      'ati.spans',
      '--from',
      cut,
      '--to',
      'latest',
      '--keep-old',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('60 rows written');
    expect(await countOf('otel_traces', "SpanName != 'wrong'")).toBe(92);
    expect(await countOf('otel_traces', "SpanName = 'wrong'")).toBe(1);
    const kept = /the old table is \S+\.(otel_traces__before_\d+)/.exec(stdout)?.[1];
    expect(await countOf(kept!, "SpanName = 'wrong'")).toBe(3);

    await store(
      at,
      spans,
      'SpanBatch',
      [3, 6].map((hours) =>
        spanBatch(
          [
            {
              traceId: hex(8, 32),
              spanId: hex(hours, 16),
              name: 'wrong',
              startTimeUnixNano: BigInt(BASE + hours * HOUR) * 1_000_000n,
            },
          ],
          { receivedAt: BASE + hours * HOUR },
        ),
      ),
    );
    const part = await replayed('--topic', 'spans', '--from', 'earliest', '--to', end);
    expect([part.code, part.stdout.includes('60 rows written')]).toEqual([0, true]);
    expect(await countOf('otel_traces', "SpanName != 'wrong'")).toBe(92);
  });
});

/** A time between what is on the log and what comes next, ISO. */
async function laterThanTheLog(): Promise<string> {
  const topic = topicName('spans', sinks.prefix);
  let last = 0;
  for (const { partition, earliest } of await sinks.broker.kafka.offsets(topic))
    for await (const { timestamp } of sinks.broker.kafka.read(topic, partition, earliest))
      last = Math.max(last, timestamp);
  return eventually(
    () => Date.now(),
    (now) => now > last + 2,
  ).then(() => new Date(last + 1).toISOString());
}

test('what cannot be is said, with exit code 2 or 1', async () => {
  const wrong = await replayed('--topic', 'dead-letters');
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('dead-letters has no tables: one of spans'),
  ]);
  const time = await replayed('--topic', 'spans', '--from', 'yesterday');
  expect([time.code, time.stderr]).toEqual([2, expect.stringContaining('A time is like')]);
  expect((await replayed('--help')).code).toBe(0);
  const behind = await replayed('--topic', 'spans');
  expect([behind.code, behind.stderr]).toEqual([
    1,
    expect.stringContaining('is behind: run the migrations first'),
  ]);
});
