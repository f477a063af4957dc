/** The queries of sinks/README.md, run on rows as the synthetic agents give them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { telemetry } from './projections/telemetry.ts';
import { traces } from './projections/traces.ts';
import { hex, insight, startDatabase, store, type TestDatabase, traceSummary } from './testing.ts';
import { metricBatch } from './testing-telemetry.ts';

const text = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const queries = [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql);
const [pathQuery, insightsQuery, ownersQuery, poolQuery, requestsQuery] = queries;
let db: TestDatabase;

/** The start of the minute before this one: its points are within the hour. */
const minute = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
const at = (second: number) => ({ timeUnixNano: BigInt(minute + second * 1000) * 1_000_000n });

beforeAll(async () => {
  db = await startDatabase();
  const insights = [insight(), insight({ kind: 'chain', found: false })];
  await store(db, traces, 'TraceSummary', [traceSummary({ rootAgent: 'fanout-workflow', insights })]);
  const [share] = traceSummary().shares;
  const today = (traceId: string, shares: (typeof share)[]) =>
    traceSummary({
      ...{ rootAgent: 'fanout-workflow', traceId, shares, startUnixNano: BigInt(minute) * 1_000_000n },
      source: { partition: 0, offset: 9, sequence: 0, clock: minute },
    });
  await store(db, traces, 'TraceSummary', [
    today(hex(1, 32), [{ ...share, pathNs: 30e6, dragNs: 10e6 }]),
    today(hex(2, 32), [
      { ...share, pathNs: 50e6, dragNs: 30e6 },
      { ...share, operation: 'search', pathNs: 20e6, dragNs: 20e6 },
    ]),
  ]);
  const CUMULATIVE = 2;
  const waiting = [0n, 80n, 3n].map((asInt, i) => ({ ...at(i * 10), asInt }));
  // It answered 7 more, was started again, and answered 5.
  const answered = [10n, 17n, 5n].map((count, i) => ({ ...at(i * 10), count, sum: 1 }));
  await store(db, telemetry, 'MetricBatch', [
    metricBatch(
      [{ name: 'ati.pool.waiting', sum: { dataPoints: waiting, aggregationTemporality: CUMULATIVE } }],
      { service: 'synthetic-agent-app' },
    ),
    metricBatch(
      [
        {
          name: 'http.server.request.duration',
          histogram: { dataPoints: answered, aggregationTemporality: CUMULATIVE },
        },
      ],
      { service: 'tool-service' },
    ),
  ]);
});
afterAll(async () => {
  await db?.stop();
});

const rows = (query: string) => db.clickhouse.query<Record<string, unknown>>(query);

test('each query of the README is tested here', () => {
  expect(queries).toHaveLength(5);
});

test('where the time of one agent’s workflows went', async () => {
  expect(await rows(pathQuery)).toEqual([{ 'p.Role': 'workflow', ms: 0.000027 }]);
});

test('who owns the critical path', async () => {
  expect(await rows(ownersQuery)).toEqual([
    { Type: 'self', Service: 'shop', Operation: 'plan', ms: 80, share: 0.8, savingMs: 20 },
    { Type: 'self', Service: 'shop', Operation: 'search', ms: 20, share: 0.2, savingMs: 10 },
  ]);
});

test('which questions were answered with yes', async () => {
  const answers = (await rows(insightsQuery)).map(({ 'i.Kind': kind, found, asked }) => [
    kind,
    Number(found),
    Number(asked),
  ]);
  expect(answers).toEqual([
    ['straggler', 1, 1],
    ['chain', 0, 1],
  ]);
});

test('how many calls waited for a slot', async () => {
  expect((await rows(poolQuery)).map(({ waiting }) => waiting)).toEqual([80]);
});

test('how many requests were answered, across a restart', async () => {
  expect((await rows(requestsQuery)).map(({ increase }) => Number(increase))).toEqual([12]);
});
