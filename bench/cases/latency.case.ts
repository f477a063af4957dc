/** `npm run bench -- --case latency`: from a trace's end to its incident, while a load runs. BENCH_RATE: spans/s. */
import { spanLog } from '#bench/corpus/span-log.ts';
import type { BenchCase, BenchContext, CaseResult } from '#bench/harness/case.ts';
import { type BenchEngine, startEngine } from '#bench/harness/engine.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { startOurs, stopAll } from '#bench/harness/pipeline/variants.ts';
import { median, percentile } from '#bench/harness/statistics.ts';
import { probe } from '#bench/latency/probes.ts';
import { pace } from '#bench/log/pace.ts';
import { UserError } from '#infra/errors.ts';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';
import { decodeAs } from '#schemas/codec.ts';

const PARTITIONS = 4;
const PREFIX = 'latency.';
const QUIET_GAP_MS = 6_000;
/** Beyond the quiet gap (issue 7). */
const PROMISE_MS = 2_000;
const WARM_MS = 5_000;
const PATIENCE_MS = 120_000;
const PROBE_EVERY_MS = 100;
const SIZES = { full: { rate: 30_000, seconds: 60 }, quick: { rate: 5_000, seconds: 10 } } as const;

const latency: BenchCase = {
  name: 'latency',
  about:
    'From a trace’s end (its last span is on the log) to its incident on ati.incidents, by the wall clock, while a load runs: ' +
    'half the sustained rate, or BENCH_RATE spans/s.',
  quick: true,
  async run(context) {
    const broker = await startBroker(context);
    try {
      const engine = await startEngine(context);
      try {
        return await measured(context, broker, engine);
      } finally {
        await engine.stop();
      }
    } finally {
      await broker.stop();
    }
  },
};
export default latency;

function rateOf(quick: boolean): number {
  const given = process.env.BENCH_RATE;
  if (given === undefined) return SIZES[quick ? 'quick' : 'full'].rate;
  const rate = Number(given);
  if (!(rate >= 100)) throw new UserError(`BENCH_RATE: spans/s, at least 100, not ${given}`);
  return rate;
}

async function measured(
  context: BenchContext,
  broker: BenchBroker,
  engine: BenchEngine,
): Promise<CaseResult> {
  const { seconds } = SIZES[context.quick ? 'quick' : 'full'];
  const rate = rateOf(context.quick);
  await broker.createTopics(PREFIX, PARTITIONS);
  const at = { kafka: broker.address, clickhouse: engine.url, directory: context.directory };
  const ground = { prefix: PREFIX, database: 'ati_latency' };
  // A live installation: the processor ticks the partitions that are idle.
  const env = { ATI_TICKS: 'true', ATI_QUIET_GAP_MS: String(QUIET_GAP_MS) };
  const sink = await startOurs('sink', at, ground);
  const processor = await startOurs('processor', at, ground, env);
  const arrivals = new Map<string, number>();
  const listener = await broker.kafka.consume({
    groupId: `${PREFIX}bench`,
    topics: [topicName('incidents', PREFIX)],
    startAt: 'earliest',
    handler: {
      onAssigned: async () => undefined,
      onBatch: async ({ records }) => {
        const now = Date.now();
        for (const { value } of records) {
          const decoded = decodeAs('IncidentEvent', value ?? new Uint8Array());
          if (!decoded.ok) throw new Error(decoded.reason);
          const { agent, event } = decoded.value;
          if (event === 'opened' && !arrivals.has(agent)) arrivals.set(agent, now);
        }
      },
    },
  });
  try {
    const traces = Math.ceil(((seconds + 30) * rate + (WARM_MS / 1000) * rate) / 25);
    const load = pace(
      broker.kafka,
      topicName('spans', PREFIX),
      spanLog({ seed: 5, traces, partitions: PARTITIONS, startMs: Date.now(), spansPerSecond: rate }),
    );
    const work = probes(context, broker, load, seconds, arrivals);
    const died = Promise.race([
      processor.died,
      sink.died,
      listener.done.then(() => new Promise<never>(() => {})),
      load.done.then(() => new Promise<never>(() => {})),
    ]);
    const found = await Promise.race([work, died]);
    load.stop();
    await load.done;
    return result(found, rate, load.spans(), seconds);
  } finally {
    await listener.close();
    await stopAll({ processor, sink });
  }
}

interface Found {
  /** Ms from the end on the log to the incident, of every probe. */
  readonly latencies: readonly number[];
  readonly behindMs: number;
}

async function probes(
  context: BenchContext,
  { kafka }: BenchBroker,
  load: { behindMs(): number },
  seconds: number,
  arrivals: ReadonlyMap<string, number>,
): Promise<Found> {
  const producer = await kafka.producer({ compression: 'zstd' });
  const ended = new Map<string, number>();
  let behindMs = 0;
  await new Promise((resolve) => setTimeout(resolve, WARM_MS));
  const count = (seconds * 1000) / PROBE_EVERY_MS;
  const startedAt = Date.now();
  for (let number = 0; number < count; number++) {
    if (number % 10 === 0) context.progress(`probes: ${number} of ${count}`);
    const { planner, partition, value } = probe(number, PARTITIONS, Date.now());
    const [ack] = await producer.send(topicName('spans', PREFIX), [{ partition, value }]);
    if (ack.logAppendTime === undefined) throw new Error('the broker does not say when it appended');
    ended.set(planner, ack.logAppendTime);
    behindMs = Math.max(behindMs, load.behindMs());
    const next = startedAt + (number + 1) * PROBE_EVERY_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
  }
  await producer.close();
  const missing = () => [...ended.keys()].filter((planner) => !arrivals.has(planner));
  await until('every probe’s incident', () => missing().length === 0, PATIENCE_MS, 50).catch(() => {
    throw new Error(
      `${missing().length} of ${count} probes opened no incident within ${PATIENCE_MS / 1000} s: ` +
        `${missing().slice(0, 3).join(', ')} …; the load was up to ${behindMs} ms behind its own time. ` +
        'Where the machine does not keep up: BENCH_RATE=10000 for less load',
    );
  });
  const latencies = [...ended].map(([planner, at]) => (arrivals.get(planner) as number) - at);
  return { latencies, behindMs };
}

function result({ latencies, behindMs }: Found, rate: number, spans: number, seconds: number): CaseResult {
  const at = (percent: number) => percentile(latencies, percent);
  const ratio = at(99) / (QUIET_GAP_MS + PROMISE_MS);
  return {
    tables: [
      {
        title: 'A trace’s end → its incident',
        columns: [
          'spans/s',
          'probes',
          'quiet gap ms',
          'p50 ms',
          'p99 ms',
          'greatest ms',
          'p50 above the gap',
          'p99 above the gap',
        ],
        rows: [
          [
            rate,
            latencies.length,
            QUIET_GAP_MS,
            median(latencies).toFixed(0),
            at(99).toFixed(0),
            at(100).toFixed(0),
            (median(latencies) - QUIET_GAP_MS).toFixed(0),
            (at(99) - QUIET_GAP_MS).toFixed(0),
          ],
        ],
      },
    ],
    ratios: [{ name: 'latency: p99 / (quiet gap + 2 s)', median: ratio, min: ratio, max: ratio, atMost: 1 }],
    checks: ['every probe opened its incident, once'],
    notes: [
      `${spans} spans of load beside the probes; the load was at most ${behindMs} ms behind its own time; ${seconds} s of probes`,
      'quiet gap: ATI_QUIET_GAP_MS alone, which the trace waits for further spans. No other wait counts as one: the windows’ length, hop and grace and the ' +
        're-opening of late spans delay what only a window shows, and the settled revision, not the incident that one trace opens; ' +
        'what the clocks’ granularity adds (ticks each second, marks each 200 ms) is in the figure above the gap',
      'end: the broker’s append time of the trace’s last span; incident: when a subscriber of ati.incidents has it in hand',
    ],
  };
}
