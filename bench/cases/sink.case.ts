/** `npm run bench -- --case sink`: the log → rows of spans in ClickHouse. */
import type { BenchCase, CaseResult } from '#bench/harness/case.ts';
import type { Contestant, PipelineBench, RunCost } from '#bench/harness/pipeline/bench.ts';
import { startCollectorSink } from '#bench/harness/pipeline/collector.ts';
import {
  afterPhase,
  type Comparison,
  compare,
  contestantOf,
  mustEqual,
} from '#bench/harness/pipeline/compare.ts';
import { costsOf, countedMicros } from '#bench/harness/pipeline/costs.ts';
import {
  countUpTo,
  PLAIN_SPAN_TABLE,
  type Rows,
  rowsOf,
  SPAN_TABLE,
} from '#bench/harness/pipeline/outputs.ts';
import { notesOf, runsTable } from '#bench/harness/pipeline/report.ts';
import type { Truth } from '#bench/harness/pipeline/truth.ts';
import { peerInput, VARIANTS, type Variant } from '#bench/harness/pipeline/variants.ts';
import { ratios } from '#bench/harness/rounds.ts';

const SPANS = { warm: 800_000, main: 400_000 };
const QUICK_SPANS = { warm: 20_000, main: 60_000 };
const COLLECTOR = 'otelcol';
type Name = Variant | typeof COLLECTOR;
const NAMES: readonly Name[] = [...VARIANTS, COLLECTOR];

const sink: BenchCase = {
  name: 'sink',
  about:
    'Spans on the log → rows in ClickHouse: our sink against the sinks of the naive and of the idiomatic pipeline, and ' +
    "against a real OpenTelemetry Collector's Kafka receiver and ClickHouse exporter, on the same engine.",
  quick: true,
  run(context) {
    const agreed: { rows?: Rows } = {};
    return compare<Name>(
      context,
      {
        spans: context.quick ? QUICK_SPANS : SPANS,
        variants: NAMES,
        baseline: COLLECTOR,
        contestant: (name, bench, truth) => contestant(name, bench, truth, agreed),
      },
      report,
    );
  },
};
export default sink;

function contestant(name: Name, bench: PipelineBench, truth: Truth, agreed: { rows?: Rows }): Contestant {
  const table = name === COLLECTOR ? PLAIN_SPAN_TABLE : SPAN_TABLE;
  const work: Pick<Contestant, 'progress' | 'verify'> = {
    async progress({ clickhouse }, phase) {
      const { spans } = afterPhase(truth, phase);
      return (await countUpTo(clickhouse, table, spans)) / spans;
    },
    async verify({ clickhouse }) {
      const rows = await rowsOf(clickhouse, table);
      agreed.rows ??= rows;
      mustEqual(name, rows, { ...agreed.rows, rows: String(truth.spans) });
    },
  };
  if (name !== COLLECTOR) return contestantOf(name, 'sink', bench, work);
  return {
    name,
    input: { encoding: 'otlp', topic: peerInput },
    start: async (ground) => ({ [COLLECTOR]: await startCollectorSink(bench.at, ground) }),
    ...work,
  };
}

function report(comparison: Comparison<Name>): CaseResult {
  const { rounds, truth, spans } = comparison;
  const cost = (run: RunCost) => countedMicros(run, spans);
  const engine = ({ cpuMs }: RunCost) => (cpuMs.engine * 1000) / spans;
  return {
    tables: [runsTable(NAMES, rounds, spans)],
    costs: costsOf(NAMES, rounds, spans),
    ratios: [
      ...ratios('sink: naive / ati', rounds, ['naive', 'ati'], cost),
      ...ratios('sink: idiomatic / ati', rounds, ['idiomatic', 'ati'], cost),
      ...ratios('sink: OpenTelemetry Collector / ati', rounds, [COLLECTOR, 'ati'], cost),
      ...ratios("sink: the engine's part, OpenTelemetry Collector / ati", rounds, [COLLECTOR, 'ati'], engine),
    ],
    checks: [
      `${truth.spans} rows of spans, every run of every variant the same: count, and a hash over ids, times, names, attributes, status (computed in ClickHouse)`,
    ],
    notes: [
      ...notesOf(comparison),
      'The Collector commits offsets when a batch is queued, ours when it is stored. Its table has no TenantId and replaces nothing.',
      ...rounds.notes,
    ],
  };
}
