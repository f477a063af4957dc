/**
 * `npm run bench -- --case scale-out`: more processors over the same partitions: what a span costs must not grow.
 *
 * Processes that share caches and cores make each other dearer, whatever they do. So N processors of one group are also
 * compared with N installations of one processor each, which know nothing of each other: the same spans a process, the same
 * partitions a process, the same number of busy threads. What is left of the difference is what scaling out costs.
 */
import { spanLog } from '#bench/corpus/span-log.ts';
import type { BenchCase, BenchContext, CaseResult } from '#bench/harness/case.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { afterPhase, mustEqual } from '#bench/harness/pipeline/compare.ts';
import type { Corpora, Phase } from '#bench/harness/pipeline/log.ts';
import { detectedBy, recordsOn } from '#bench/harness/pipeline/outputs.ts';
import { type Truth, truthOf } from '#bench/harness/pipeline/truth.ts';
import { startOurs } from '#bench/harness/pipeline/variants.ts';
import { interleave, type Rounds, ratios } from '#bench/harness/rounds.ts';
import type { Service } from '#bench/harness/service.ts';
import { spread } from '#bench/harness/statistics.ts';
import { sendAll } from '#bench/log/send.ts';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';

const PARTITIONS = 8;
/** To warm up on, of each processor (those that have read less are dearer: less of their code is compiled), and to measure, of all together. */
const TRACES = { full: { warm: 96_000, main: 48_000 }, quick: { warm: 2_000, main: 2_000 } } as const;
const SPANS_PER_SECOND = 20_000;
const START_MS = Date.UTC(2026, 8, 21, 9);
/** Of log time, from the first corpus's beginning to the second one's: longer than the first lasts. */
const APART_MS = 600_000;
const PATIENCE_MS = 300_000;
const VARIANTS = {
  '1 processor': { installations: 1, processors: 1 },
  '2 processors': { installations: 1, processors: 2 },
  '2 installations': { installations: 2, processors: 1 },
  '4 processors': { installations: 1, processors: 4 },
  '4 installations': { installations: 4, processors: 1 },
} as const;
type Variant = keyof typeof VARIANTS;
const NAMES = Object.keys(VARIANTS) as Variant[];

/** What each installation of a variant reads, and what must come out of it. */
interface Share {
  readonly partitions: number;
  readonly corpora: Corpora;
  readonly truth: Truth;
}

/** All installations of a variant together measure as many traces, in as much log time, from as many partitions. */
function shareOf(variant: Variant, quick: boolean): Share {
  const { installations, processors } = VARIANTS[variant];
  const { warm, main } = TRACES[quick ? 'quick' : 'full'];
  const partitions = PARTITIONS / installations;
  const every = { partitions, spansPerSecond: SPANS_PER_SECOND / installations };
  const corpora = {
    warm: { ...every, seed: 10, traces: warm * processors, startMs: START_MS },
    main: { ...every, seed: 11, traces: main / installations, startMs: START_MS + APART_MS },
  };
  return { partitions, corpora, truth: truthOf(corpora.warm, corpora.main) };
}

const spansOf = ({ truth }: Share) => truth.spans - afterPhase(truth, 'warm').spans;

interface Run {
  /** µs of CPU a span, of all processors together and of each. */
  readonly cost: number;
  readonly each: readonly number[];
  /** The broker's. */
  readonly broker: number;
  readonly seconds: number;
}

const scaleOut: BenchCase = {
  name: 'scale-out',
  about:
    'One, two and four processors over eight partitions of a real Apache Kafka: the same binaries, the same incidents, CPU a span of all of them together; ' +
    'beside, as many installations of one processor each, which know nothing of each other.',
  quick: false,
  broker: 'kafka',
  async run(context) {
    context.progress('what must come out: both stages in memory');
    const shares = new Map(NAMES.map((variant) => [variant, shareOf(variant, context.quick)]));
    const broker = await startBroker(context);
    try {
      const rounds = await interleave<Variant, Run>(context, {
        variants: NAMES,
        run: (variant) => once(context, broker, variant, shares.get(variant) as Share),
        cost: ({ cost }) => cost,
      });
      return result(shares.get('1 processor') as Share, rounds);
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
  share: Share,
): Promise<Run> {
  const { installations, processors } = VARIANTS[variant];
  const run = ++runs;
  const prefixes = Array.from({ length: installations }, (_, i) => `scale${run}.${i}.`);
  const services: Service[] = [];
  try {
    for (const prefix of prefixes) {
      await broker.createTopics(prefix, share.partitions);
      for (let i = 0; i < processors; i++)
        services.push(await startProcessor(context, broker, prefix, share.partitions));
    }
    const died = Promise.race(services.map((service) => service.died));
    const work = (phase: Phase) =>
      Promise.race([Promise.all(prefixes.map((prefix) => workedOff(broker, prefix, share, phase))), died]);
    await work('warm');
    const before = services.map((each) => each.cpuMs());
    const brokerBefore = broker.cpuMs();
    const started = performance.now();
    await work('main');
    const spans = installations * spansOf(share);
    const each = services.map((service, i) => ((service.cpuMs() - before[i]) * 1000) / spans);
    const measured = {
      cost: each.reduce((sum, cost) => sum + cost, 0),
      each,
      broker: ((broker.cpuMs() - brokerBefore) * 1000) / spans,
      seconds: (performance.now() - started) / 1000,
    };
    await Promise.all(services.map((service) => service.stop()));
    const { traces, traceDigest, incidents, incidentDigest } = share.truth;
    for (const prefix of prefixes)
      mustEqual(variant, await detectedBy(broker.kafka, 'ati', prefix), {
        traces,
        traceDigest,
        incidents,
        incidentDigest,
      });
    return measured;
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    for (const prefix of prefixes) await broker.deleteTopics(prefix);
  }
}

function startProcessor(
  { directory }: BenchContext,
  { address }: BenchBroker,
  prefix: string,
  partitions: number,
): Promise<Service> {
  return startOurs(
    'processor',
    { kafka: address, clickhouse: '', directory },
    { prefix, database: 'none' },
    {
      ATI_PARTITIONS: String(partitions),
      CLICKHOUSE_URL: '',
      // One thread each: with more of them than cores it is the scheduler that is measured.
      ATI_WORKERS: '1',
    },
  );
}

/** Writes a corpus to the log, and waits until all that it and those before it give is there. */
async function workedOff(
  { kafka }: BenchBroker,
  prefix: string,
  { corpora, truth }: Share,
  phase: Phase,
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

function result(all: Share, rounds: Rounds<Variant, Run>): CaseResult {
  const rows = NAMES.filter((variant) => rounds.of(variant).length > 0).map((variant) => {
    const runs = rounds.of(variant);
    const cpu = spread(runs.map(({ cost }) => cost));
    return [
      variant,
      cpu.median.toFixed(2),
      `${cpu.min.toFixed(2)}–${cpu.max.toFixed(2)}`,
      runs[0].each.map((cost) => cost.toFixed(2)).join(', '),
      spread(runs.map(({ broker }) => broker)).median.toFixed(2),
      spread(runs.map(({ seconds }) => seconds)).median.toFixed(1),
    ];
  });
  const cost = (run: Run) => run.cost;
  const promise = { atMost: 1.25 };
  return {
    tables: [
      {
        title: 'Processors',
        columns: ['variant', 'µs CPU a span', 'min–max', 'of each (first round)', 'broker', 'seconds'],
        rows,
      },
    ],
    ratios: [
      ...ratios(
        'scale-out: 2 processors / 1, CPU a span',
        rounds,
        ['2 processors', '1 processor'],
        cost,
        promise,
      ),
      ...ratios(
        'scale-out: 2 processors / 2 installations',
        rounds,
        ['2 processors', '2 installations'],
        cost,
        promise,
      ),
      ...ratios(
        'scale-out: 4 processors / 4 installations',
        rounds,
        ['4 processors', '4 installations'],
        cost,
        promise,
      ),
      // Not promised: eight busy threads on the two cores of such a machine are dearer whatever they do.
      ...ratios('scale-out: 4 processors / 1, CPU a span', rounds, ['4 processors', '1 processor'], cost),
      ...ratios('scale-out: 4 installations / 1 processor', rounds, ['4 installations', '1 processor'], cost),
    ],
    checks: [
      'the same trace summaries and the same last event of every incident, in every run of every variant',
    ],
    notes: [
      `${spansOf(all)} spans, ${PARTITIONS} partitions, one worker thread a processor; each had read ${all.corpora.warm.traces} other traces before, ` +
        'so that what is compiled just in time is compiled',
      'installations: separate topics, each with its part of the partitions, of the rate and of as many traces; nothing is shared but the broker and the machine',
      ...rounds.notes,
    ],
  };
}
