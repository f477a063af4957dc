/** `npm run bench -- --case query`: the query API over a day of spans in the embedded engine. */
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { spanLog } from '#bench/corpus/span-log.ts';
import type { BenchCase, BenchContext, CaseResult } from '#bench/harness/case.ts';
import { type BenchEngine, startEngine } from '#bench/harness/engine.ts';
import { startBroker } from '#bench/harness/kafka.ts';
import { startNodeService } from '#bench/harness/service.ts';
import { median, percentile } from '#bench/harness/statistics.ts';
import { reads, times } from '#bench/query/ask.ts';
import { fill } from '#bench/query/fill.ts';
import { type Question, questionsOf } from '#bench/query/questions.ts';
import { record } from '#bench/query/recorder.ts';
import { FILLED, storeSeed } from '#bench/query/seed.ts';
import { migrate } from '#infra/clickhouse/migrate.ts';
import { freePort } from '#infra/ports.ts';
import { MIGRATIONS } from '#sinks/database.ts';
import { rollUp } from '#sinks/roll-up/roll-up.ts';

const DATABASE = 'ati';
const DAY_MS = 86_400_000;
const PARTITIONS = 4;
/** Traces of the real rows that are copied, and what they have in spans. */
const SEED_TRACES = 1_000;
const SEED_SPANS = 25_790;
const SIZES = {
  full: { spans: 20_000_000, most: 200, withinMs: 20_000 },
  quick: { spans: 1_000_000, most: 20, withinMs: 3_000 },
} as const;

const query: BenchCase = {
  name: 'query',
  about:
    'The query API over a day of spans in the embedded engine: how long an answer takes, and what ClickHouse reads for it.',
  quick: true,
  broker: 'embedded',
  async run(context) {
    const engine = await startEngine(context);
    const broker = await startBroker(context);
    try {
      const startMs = Date.now() - DAY_MS;
      const stored = await stock(context, engine, startMs);
      return await asked(context, engine, broker.address, startMs, stored);
    } finally {
      await broker.stop();
      await engine.stop();
    }
  },
};
export default query;

interface Stored {
  readonly table: string;
  readonly rows: string;
  readonly parts: string;
  readonly bytes: string;
  readonly uncompressed: string;
}

async function stock(
  context: BenchContext,
  engine: BenchEngine,
  startMs: number,
): Promise<readonly Stored[]> {
  const { spans } = SIZES[context.quick ? 'quick' : 'full'];
  const copies = Math.ceil(spans / SEED_SPANS);
  const stepMs = Math.floor((DAY_MS - 120_000) / copies);
  const clickhouse = engine.connect(DATABASE);
  try {
    await migrate(clickhouse, MIGRATIONS, { database: DATABASE, ttlDays: 36_500 });
    context.progress('making the rows that are copied');
    const spansPerSecond = (SEED_SPANS * 1_000) / stepMs;
    const log = spanLog({ seed: 1, traces: SEED_TRACES, partitions: PARTITIONS, startMs, spansPerSecond });
    await storeSeed(clickhouse, DATABASE, log, PARTITIONS);
    await fill({ clickhouse, database: DATABASE, copies, stepMs, progress: context.progress });
    context.progress('rolling up by operation');
    // What the API does by itself ten minutes after the last row.
    const signal = new AbortController().signal;
    await rollUp({
      ...{ clickhouse, database: DATABASE, signal },
      ...{ quietSeconds: 0, minRows: 0, minSlots: 0 },
    });
    return await clickhouse.query<Stored>(
      `SELECT table, sum(parts.rows) AS rows, count() AS parts, sum(bytes_on_disk) AS bytes,
         sum(data_uncompressed_bytes) AS uncompressed
       FROM system.parts AS parts WHERE active AND database = {database:String} AND table IN ({tables:Array(String)})
       GROUP BY table ORDER BY table`,
      { params: { database: DATABASE, tables: [...FILLED.map(({ table }) => table), 'ati_operations'] } },
    );
  } finally {
    await clickhouse.close();
  }
}

async function asked(
  context: BenchContext,
  engine: BenchEngine,
  broker: string,
  startMs: number,
  stored: readonly Stored[],
): Promise<CaseResult> {
  const limits = SIZES[context.quick ? 'quick' : 'full'];
  const recorder = await record(engine.url);
  const api = await startApi(context, engine.url, broker);
  const watched = await startApi(context, recorder.url, broker);
  const clickhouse = engine.connect(DATABASE);
  try {
    const questions = await questionsOf(clickhouse, DATABASE, startMs);
    const rows: (string | number)[][] = [];
    for (const [i, question] of questions.entries()) {
      context.progress(`${i + 1} of ${questions.length}: ${question.name}`);
      const taken = await times(api.url, question, limits);
      const read = await reads(watched.url, question, recorder, engine.url);
      rows.push(row(question, taken, read));
    }
    return {
      tables: [
        { title: 'Answers', columns: COLUMNS, rows },
        {
          title: 'What is stored',
          columns: ['table', 'rows', 'parts', 'MB on disk', 'bytes a row'],
          rows: stored.map(size),
        },
      ],
      ratios: [],
      checks: ['every answer was 200, of things that are there'],
      notes: [
        'one asking after the other, each of another thing; the rows are real ones of the corpus, copied with other ids and later times, ' +
          'so they compress better than a real day',
        'spans are rolled up by operation, as the API has it ten minutes after the last of a slot came; an hour is asked by the minute, which the spans answer',
        'read: rows and uncompressed bytes, by ClickHouse’s own count, of all statements of one asking; API, engine and asker share the machine',
      ],
    };
  } finally {
    await clickhouse.close();
    await api.stop();
    await watched.stop();
    await recorder.stop();
  }
}

async function startApi(context: BenchContext, clickhouseUrl: string, broker: string) {
  const port = await freePort();
  const service = await startNodeService({
    file: 'sinks/api/main.ts',
    env: {
      KAFKA_BROKERS: broker,
      CLICKHOUSE_URL: clickhouseUrl,
      CLICKHOUSE_DATABASE: DATABASE,
      ATI_API_PORT: String(port),
      ATI_API_REQUESTS_PER_MINUTE: '0',
      ATI_LOG_LEVEL: 'warn',
      ATI_DATA_DIR: await mkdtemp(path.join(context.directory, 'api-')),
    },
  });
  return { ...service, url: `http://127.0.0.1:${port}` };
}

const COLUMNS = ['question', 'asked', 'p50 ms', 'p99 ms', 'statements', 'rows read', 'MB read'];

function row(
  { name }: Question,
  taken: readonly number[],
  read: { readonly rows: number; readonly bytes: number; readonly statements: number },
): (string | number)[] {
  return [
    name,
    taken.length,
    median(taken).toFixed(0),
    percentile(taken, 99).toFixed(0),
    read.statements,
    read.rows,
    (read.bytes / 1e6).toFixed(1),
  ];
}

const size = ({ table, rows, parts, bytes, uncompressed }: Stored): (string | number)[] => [
  table,
  Number(rows),
  Number(parts),
  (Number(bytes) / 1e6).toFixed(0),
  `${(Number(bytes) / Number(rows)).toFixed(1)} (${(Number(uncompressed) / Number(rows)).toFixed(0)} uncompressed)`,
];
