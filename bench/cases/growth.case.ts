/** `npm run bench -- --case growth`: does a span cost more after many? On demand; BENCH_SPANS: how many. */
import { type CorpusRecord, spanLog } from '#bench/corpus/span-log.ts';
import type { BenchCase, BenchContext, CaseResult } from '#bench/harness/case.ts';
import { cpuMeter, residentBytes } from '#bench/harness/cpu.ts';
import { type BenchEngine, startEngine } from '#bench/harness/engine.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { recordsOn } from '#bench/harness/pipeline/outputs.ts';
import { startOurs, stopAll } from '#bench/harness/pipeline/variants.ts';
import { median, spread } from '#bench/harness/statistics.ts';
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { UserError } from '#infra/errors.ts';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';

const PARTITIONS = 4;
const PREFIX = 'growth.';
const DATABASE = 'ati_growth';
const SPANS = 50_000_000;
const SLICES = 50;
const COMPARED = 10;
/** Older rows are dropped, as a short TTL would. */
const KEPT_SLICES = 5;
const PER_SECOND = 20_000;
const SPANS_A_TRACE = 25.79;
const RECORDS_A_SEND = 8;
/** The log ends with ticks: it must not while slices are cut. */
const MARGIN = 1.1;
const PATIENCE_MS = 600_000;

const growth: BenchCase = {
  name: 'growth',
  about:
    'CPU a span of processor and sink in slices of one long run with short retention: 50 million spans, or BENCH_SPANS.',
  quick: false,
  async run(context) {
    const broker = await startBroker(context);
    try {
      const engine = await startEngine(context);
      try {
        return await grown(context, broker, engine);
      } finally {
        await engine.stop();
      }
    } finally {
      await broker.stop();
    }
  },
};
export default growth;

function spansOf(): number {
  const given = process.env.BENCH_SPANS ?? String(SPANS);
  const spans = Number(given);
  if (!(spans >= 1_000_000)) throw new UserError(`BENCH_SPANS: at least 1000000, not ${given}`);
  return spans;
}

interface Slice {
  readonly spans: number;
  readonly cpuMs: Readonly<Record<'processor' | 'sink' | 'broker' | 'engine', number>>;
  readonly residentMb: Readonly<Record<'processor' | 'sink', number>>;
}

async function grown(context: BenchContext, broker: BenchBroker, engine: BenchEngine): Promise<CaseResult> {
  const perSlice = Math.round(spansOf() / SLICES);
  await broker.createTopics(PREFIX, PARTITIONS);
  const at = { kafka: broker.address, clickhouse: engine.url, directory: context.directory };
  const ground = { prefix: PREFIX, database: DATABASE };
  const sink = await startOurs('sink', at, ground);
  const processor = await startOurs('processor', at, ground);
  const clickhouse = engine.connect(DATABASE);
  const producer = await broker.kafka.producer({ compression: 'zstd' });
  const died = Promise.race([processor.died, sink.died]);
  try {
    const slices: Slice[] = [];
    const traces = Math.ceil((perSlice * SLICES * MARGIN) / SPANS_A_TRACE);
    const log = spanLog({
      seed: 3,
      traces,
      partitions: PARTITIONS,
      startMs: Date.now(),
      spansPerSecond: PER_SECOND,
    });
    let sent = 0;
    let dropped = 0;
    for (let i = 0; i < SLICES; i++) {
      context.progress(`slice ${i + 1} of ${SLICES}`);
      const meter = cpuMeter({
        processor: processor.pid,
        sink: sink.pid,
        broker: broker.pid,
        engine: engine.pid,
      });
      const before = sent;
      for (let batch = take(log, RECORDS_A_SEND); batch.length > 0; batch = take(log, RECORDS_A_SEND)) {
        await producer.send(topicName('spans', PREFIX), batch);
        for (const { spans } of batch) sent += spans;
        if (sent >= perSlice * (i + 1)) break;
      }
      await Promise.race([stored(clickhouse, sent - dropped), died]);
      slices.push({
        spans: sent - before,
        cpuMs: meter.read(),
        residentMb: {
          processor: residentBytes(processor.pid) / 2 ** 20,
          sink: residentBytes(sink.pid) / 2 ** 20,
        },
      });
      if (await shorten(clickhouse, i)) dropped = sent;
    }
    return result(slices, sent, await recordsOn(broker.kafka, topicName('deadLetters', PREFIX)));
  } finally {
    await producer.close();
    await clickhouse.close();
    await stopAll({ processor, sink });
  }
}

async function stored(clickhouse: ClickHouse, spans: number): Promise<void> {
  await until(
    `${spans} spans are stored`,
    async () =>
      Number((await clickhouse.query<{ n: string }>('SELECT count() AS n FROM otel_traces'))[0].n) >= spans,
    PATIENCE_MS,
    200,
  );
}

/** Empties the tables every few slices; whether it has. */
async function shorten(clickhouse: ClickHouse, slice: number): Promise<boolean> {
  if ((slice + 1) % KEPT_SLICES !== 0) return false;
  for (const table of ['otel_traces', 'ati_traces', 'ati_signals'])
    await clickhouse.command(`TRUNCATE TABLE ${DATABASE}.${table}`);
  return true;
}

function take(log: Generator<CorpusRecord>, most: number): CorpusRecord[] {
  const taken: CorpusRecord[] = [];
  while (taken.length < most) {
    const next = log.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

function result(slices: readonly Slice[], spans: number, deadLetters: number): CaseResult {
  if (deadLetters > 0) throw new Error(`${deadLetters} records became dead letters`);
  const micros = ({ spans, cpuMs }: Slice, name: keyof Slice['cpuMs']) => (cpuMs[name] * 1000) / spans;
  const ours = (slice: Slice) => micros(slice, 'processor') + micros(slice, 'sink');
  const first = slices.slice(0, COMPARED);
  const last = slices.slice(-COMPARED);
  const middle = median(first.map(ours));
  return {
    tables: [
      {
        title: 'Slices',
        columns: [
          'slice',
          'spans',
          'µs CPU a span: processor',
          'sink',
          'broker',
          'engine',
          'MB resident: processor',
          'sink',
        ],
        rows: slices.map((slice, i) => [
          i + 1,
          slice.spans,
          ...(['processor', 'sink', 'broker', 'engine'] as const).map((name) =>
            micros(slice, name).toFixed(2),
          ),
          slice.residentMb.processor.toFixed(0),
          slice.residentMb.sink.toFixed(0),
        ]),
      },
    ],
    ratios: [
      {
        name: `growth: the last ${COMPARED} slices / the first ${COMPARED}, processor and sink`,
        ...spread(last.map((slice) => ours(slice) / middle)),
        atMost: 1.1,
      },
    ],
    checks: [`all ${spans} spans were stored, slice by slice, and none became a dead letter`],
    notes: [
      `tables are emptied every ${KEPT_SLICES} slices (short retention); the first slices compile code`,
    ],
  };
}
