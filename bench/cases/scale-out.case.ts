/** `npm run bench -- --case scale-out`: more processors over the same partitions: what a span costs must not grow. */
import { spanLog } from '#bench/corpus/span-log.ts';
import type { BenchCase, BenchContext, CaseResult } from '#bench/harness/case.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { afterPhase, mustEqual } from '#bench/harness/pipeline/compare.ts';
import type { Corpora, Phase } from '#bench/harness/pipeline/log.ts';
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
/** To warm up on, all processors of a variant together, and to measure. */
const TRACES = { full: { warm: 192_000, main: 48_000 }, quick: { warm: 2_000, main: 2_000 } } as const;
const START_MS = Date.UTC(2026, 8, 21, 9);
/** Of log time, from the first corpus's beginning to the second one's: longer than the first lasts. */
const APART_MS = 600_000;
const PATIENCE_MS = 300_000;
const VARIANTS = ['1 processor', '2 processors', '4 processors'] as const;
type Variant = (typeof VARIANTS)[number];

function corporaOf(quick: boolean): Corpora {
  const { warm, main } = TRACES[quick ? 'quick' : 'full'];
  const every = { partitions: PARTITIONS, spansPerSecond: 20_000 };
  return {
    warm: { ...every, seed: 10, traces: warm, startMs: START_MS },
    main: { ...every, seed: 11, traces: main, startMs: START_MS + APART_MS },
  };
}

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
    const corpora = corporaOf(context.quick);
    const truth = truthOf(corpora.warm, corpora.main);
    const spans = truth.spans - afterPhase(truth, 'warm').spans;
    const broker = await startBroker(context);
    try {
      const rounds = await interleave<Variant, Run>(context, {
        variants: VARIANTS,
        run: (variant) => once(context, broker, variant, corpora, truth),
        cost: ({ cpuMs }) => (cpuMs * 1000) / spans,
      });
      const micros = (ms: number) => (ms * 1000) / spans;
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
      return result(rows, corpora, truth, rounds.notes, [
        ...ratios('scale-out: 2 processors / 1, CPU a span', rounds, ['2 processors', '1 processor'], cost, {
          atMost: 1.25,
        }),
        ...ratios('scale-out: 4 processors / 1, CPU a span', rounds, ['4 processors', '1 processor'], cost, {
          atMost: 1.25,
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
  corpora: Corpora,
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
    const died = Promise.race(services.map((service) => service.died));
    const work = (phase: Phase) => Promise.race([workedOff(broker, prefix, corpora, phase, truth), died]);
    await work('warm');
    const before = services.map((each) => each.cpuMs());
    const brokerBefore = broker.cpuMs();
    const started = performance.now();
    await work('main');
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

/** Writes a corpus to the log, and waits until all that it and those before it give is there. */
async function workedOff(
  { kafka }: BenchBroker,
  prefix: string,
  corpora: Corpora,
  phase: Phase,
  truth: Truth,
): Promise<void> {
  await sendAll(kafka, topicName('spans', prefix), spanLog(corpora[phase]));
  const { traces, incidentEvents } = afterPhase(truth, phase);
  await until(
    `all traces and incidents of ${prefix}${phase}`,
    async () => {
      const found = await recordsOn(kafka, topicName('traces', prefix));
      return found + (await recordsOn(kafka, topicName('incidents', prefix))) >= traces + incidentEvents;
    },
    PATIENCE_MS,
    200,
  );
}

function result(
  rows: readonly (readonly (string | number)[])[],
  corpora: Corpora,
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
      `${truth.spans - afterPhase(truth, 'warm').spans} spans, ${PARTITIONS} partitions, one worker thread a processor; all read ${corpora.warm.traces} other traces before, ` +
        'so that what is compiled just in time is compiled',
      ...notes,
    ],
  };
}
