import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { migrate } from '#infra/clickhouse/migrate.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { type TestClickHouse, testClickHouse } from '#infra/clickhouse/testing/engine.ts';
import { MIGRATIONS } from '../database.ts';
import { traces } from '../projections/traces.ts';
import { finding, hex, insight, store, traceSummary } from '../testing.ts';

let server: TestClickHouse;
let ch: ClickHouse;
let directory: string;

beforeAll(async () => {
  server = await testClickHouse();
  ch = connectClickHouse({ url: server.url, database: server.database });
  directory = await mkdtemp(path.join(tmpdir(), 'ati-migrations-'));
});
afterAll(async () => {
  await ch?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** What a version before 0006 wrote: the same columns, without Insights. */
const before = {
  insert: (revision: number, duration: number) =>
    ch.command(
      `INSERT INTO ati_traces (TenantId, TraceId, Revision, RootAgent, Start, Duration, Findings, SourceClock)
       SELECT 'default', {id:String}, {revision:UInt32}, 'planner', toDateTime64('2023-11-14 22:13:20', 9),
         {duration:UInt64}, [('retry_storm', 'x', 'warning', 'a', 'o', 's', true, [('n', 1.5, 'ms')], [], 'why', [])],
         toDateTime64('2023-11-14 22:13:21', 3)`,
      { params: { id: hex(1, 32), revision, duration } },
    ),
};
const rows = (final = 'FINAL') =>
  ch.query(
    `SELECT Revision, Duration, Findings.Explanation AS why, Insights.Kind AS kinds, Insights.Found AS found,
       Insights.Evidence.Value AS numbers, Insights.Timeline.Label AS labels
     FROM ati_traces ${final} ORDER BY TraceId, Revision`,
  );

test('a database with rows takes the column: they stay, and a new revision brings its insights', async () => {
  const values = { database: server.database, ttlDays: 36_500 };
  for (const file of (await readdir(MIGRATIONS)).filter((name) => /^000[1-5]-.*\.sql$/.test(name)))
    await cp(path.join(MIGRATIONS, file), path.join(directory, file));
  expect((await migrate(ch, directory, values)).applied).toHaveLength(5);
  await before.insert(1, 10);
  await before.insert(2, 20);

  expect((await migrate(ch, MIGRATIONS, values)).applied[0]).toBe('0006-ati-traces-insights.sql');
  const none = { why: ['why'], kinds: [], found: [], numbers: [], labels: [] };
  expect(await rows()).toEqual([{ Revision: 2, Duration: '20', ...none }]);
  expect(await rows('')).toEqual([
    { Revision: 1, Duration: '10', ...none },
    { Revision: 2, Duration: '20', ...none },
  ]);

  // The sink of this version writes the next revision, one of the version before the one after.
  const summary = traceSummary({
    traceId: hex(1, 32),
    revision: 3,
    findings: [finding()],
    insights: [insight(), insight({ kind: 'steps', found: false, evidence: [], timeline: [] })],
  });
  await store({ clickhouse: ch, database: server.database }, traces, 'TraceSummary', [summary]);
  const written = {
    ...{ Revision: 3, Duration: '250000001', why: ['because'], kinds: ['straggler', 'steps'] },
    ...{ found: [true, false], numbers: [[10, 400.25], []], labels: [['search 7'], []] },
  };
  expect(await rows()).toEqual([written]);
  await ch.command('OPTIMIZE TABLE ati_traces FINAL');
  expect(await rows('')).toEqual([written]);
  await before.insert(4, 40);
  expect(await rows()).toEqual([{ Revision: 4, Duration: '40', ...none }]);
});

test('twice at once changes nothing', async () => {
  const values = { database: `${server.database}_twice`, ttlDays: 7 };
  const other = connectClickHouse({ url: server.url });
  await Promise.all([migrate(ch, MIGRATIONS, values), migrate(other, MIGRATIONS, values)]);
  expect((await migrate(ch, MIGRATIONS, values)).applied).toEqual([]);
  await other.command(`DROP DATABASE ${values.database} SYNC`);
  await other.close();
});
