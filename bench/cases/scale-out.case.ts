/** `npm run bench -- --case scale-out`: more processors over the same partitions: what a span costs must not grow. */
import { type CorpusOptions, spanLog } from '#bench/corpus/span-log.ts';
import type { BenchCase, BenchContext, CaseResult } from '#bench/harness/case.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { mustEqual } from '#bench/harness/pipeline/compare.ts';
import { detectedBy, recordsOn } from '#bench/harness/pipeline/outputs.ts';
import { type Truth, truthOf } from '#bench/harness/pipeline/truth.ts';
import { startOurs } from '#bench/harness/pipeline/variants.ts';
import { interleave, ratios } from '#bench/harness/rounds.ts';
import type { Service } from '#bench/harness/service.ts';
import { spread } from '#bench/harness/statistics.ts';
import { sendAll } from '#bench/log/send.ts';
import { until } from '#infra/testing/until.ts';
import { TOPICS, type TopicKey, topicName } from '#infra/topics.ts';

const PARTITIONS = 8;
const TRACES = { full: 24_000, quick: 2_000 } as const;
const PATIENCE_MS = 300_000;
const VARIANTS = ['1 processor', '2 processors', '4 processors'] as const;
type Variant = (typeof VARIANTS)[number];

const corpusOf = (quick: boolean): CorpusOptions => ({
  seed: 11,
  traces: TRACES[quick ? 'quick' : 'full'],
  partitions: PARTITIONS,
  startMs: Date.UTC(2026, 8, 21, 9),
  spansPerSecond: 20_000,
});

interface Run {
  /** ms, of all processors and of each. */
  readonly cpuMs: number;
  readonly each: readonly number[];
  readonly brokerMs: number;
  readonly seconds: number;
}

const scaleOut: BenchCase = {
  name: 'scale-out',
  about:
    'One, two and four processors over eight partitions of a real Apache Kafka: the same binaries, the same incidents, CPU a span of all of them together.',
  quick: false,
  broker: 'kafka',
  async run(context) {
    context.progress('what must come out: both stages in memory');
    const truth = truthOf(corpusOf(context.quick));
    const broker = await startBroker(context);
    try {
      const rounds = await interleave<Variant, Run>(context, {
        variants: VARIANTS,
        run: (variant) => once(context, broker, variant, truth),
        cost: ({ cpuMs }) => (cpuMs * 1000) / truth.spans,
      });
      const micros = (ms: number) => (ms * 1000) / truth.spans;
      const rows = VARIANTS.filter((variant) => rounds.of(variant).length > 0).map((variant) => {
        const runs = rounds.of(variant);
        const cpu = spread(runs.map(({ cpuMs }) => micros(cpuMs)));
        return [
          variant,
          cpu.median.toFixed(2),
          `${cpu.min.toFixed(2)}–${cpu.max.toFixed(2)}`,
          runs[0].each.map((ms) => micros(ms).toFixed(2)).join(', '),
          spread(runs.map(({ brokerMs }) => micros(brokerMs))).median.toFixed(2),
          spread(runs.map(({ seconds }) => seconds)).median.toFixed(1),
        ];
      });
      const cost = ({ cpuMs }: Run) => cpuMs;
      return result(rows, truth, rounds.notes, [
        ...ratios('scale-out: 2 processors / 1, CPU a span', rounds, ['2 processors', '1 processor'], cost, {
          atMost: 1.5,
        }),
        ...ratios('scale-out: 4 processors / 1, CPU a span', rounds, ['4 processors', '1 processor'], cost, {
          atMost: 2,
        }),
      ]);
    } finally {
      await broker.stop();
    }
  },
};
export default scaleOut;

let runs = 0;

async function once(
  context: BenchContext,
  broker: BenchBroker,
  variant: Variant,
  truth: Truth,
): Promise<Run> {
  const prefix = `scale${++runs}.`;
  await broker.createTopics(prefix, PARTITIONS);
  const at = { kafka: broker.address, clickhouse: '', directory: context.directory };
  const services: Service[] = [];
  try {
    for (let i = 0; i < Number.parseInt(variant, 10); i++)
      services.push(
        await startOurs(
          'processor',
          at,
          { prefix, database: 'none' },
          {
            ATI_PARTITIONS: String(PARTITIONS),
            CLICKHOUSE_URL: '',
            // One thread each: with more of them than cores it is the scheduler that is measured.
            ATI_WORKERS: '1',
          },
        ),
      );
    const before = services.map((each) => each.cpuMs());
    const brokerBefore = broker.cpuMs();
    const started = performance.now();
    const died = Promise.race(services.map((each) => each.died));
    await Promise.race([
      sendAll(broker.kafka, topicName('spans', prefix), spanLog(corpusOf(context.quick))),
      died,
    ]);
    const wanted = truth.traces + truth.incidentEvents;
    const done = until(
      `all traces and incidents of ${variant}`,
      async () => {
        const traces = await recordsOn(broker.kafka, topicName('traces', prefix));
        return traces + (await recordsOn(broker.kafka, topicName('incidents', prefix))) >= wanted;
      },
      PATIENCE_MS,
      200,
    );
    await Promise.race([done, died]);
    const each = services.map((service, i) => service.cpuMs() - before[i]);
    const run = {
      cpuMs: each.reduce((sum, ms) => sum + ms, 0),
      each,
      brokerMs: broker.cpuMs() - brokerBefore,
      seconds: (performance.now() - started) / 1000,
    };
    await Promise.all(services.map((service) => service.stop()));
    const { traces, traceDigest, incidents, incidentDigest } = truth;
    mustEqual(variant, await detectedBy(broker.kafka, 'ati', prefix), {
      traces,
      traceDigest,
      incidents,
      incidentDigest,
    });
    return run;
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await broker.kafka.deleteTopics((Object.keys(TOPICS) as TopicKey[]).map((key) => topicName(key, prefix)));
  }
}

function result(
  rows: readonly (readonly (string | number)[])[],
  truth: Truth,
  notes: readonly string[],
  found: CaseResult['ratios'],
): CaseResult {
  return {
    tables: [
      {
        title: 'Processors',
        columns: ['variant', 'µs CPU a span', 'min–max', 'of each (first round)', 'broker', 'seconds'],
        rows,
      },
    ],
    ratios: found,
    checks: [
      'the same trace summaries and the same last event of every incident, in every run of every variant',
    ],
    notes: [
      `${truth.spans} spans, ${PARTITIONS} partitions, one worker thread a processor; CPU from when all are ready, just-in-time compilation ` +
        'included: each processor pays for its own, so a short run makes more of them look dearer than they are',
      ...notes,
    ],
  };
}
