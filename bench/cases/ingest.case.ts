/** `npm run bench -- --case ingest`: the door, with the privacy allowlist, against the OpenTelemetry Collector. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchCase, BenchContext, CaseResult, Ratio } from '#bench/harness/case.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { interleave, type Rounds, ratios } from '#bench/harness/rounds.ts';
import { startNodeService } from '#bench/harness/service.ts';
import { median, spread } from '#bench/harness/statistics.ts';
import { type Door, type Measure, measureDoor } from '#bench/load/door.ts';
import { ONE_SPAN, USUAL, WORKLOADS, type Workload } from '#bench/load/workloads.ts';
import { startCollector } from '#bench/peers/otelcol/start.ts';
import { freePort } from '#infra/ports.ts';
import { topicName } from '#infra/topics.ts';

const PARTITIONS = 4;
const VARIANTS = ['ati', 'otelcol, GOMAXPROCS=1', 'otelcol, GOMAXPROCS=2'] as const;
type Variant = (typeof VARIANTS)[number];

const ingest: BenchCase = {
  name: 'ingest',
  about:
    'OTLP/HTTP → Apache Kafka: our ingest with its privacy allowlist against a real OpenTelemetry Collector that ' +
    'partitions by trace; both answer after the acknowledgement of all replicas.',
  quick: true,
  broker: 'kafka',
  async run(context) {
    const broker = await startBroker(context);
    try {
      return await compare(context, broker);
    } finally {
      await broker.stop();
    }
  },
};
export default ingest;

async function compare(context: BenchContext, broker: BenchBroker): Promise<CaseResult> {
  const workloads = context.quick ? WORKLOADS.flatMap(quickly) : WORKLOADS;
  const rows: (string | number)[][] = [];
  const found: Ratio[] = [];
  const notes = new Set<string>();
  for (const workload of workloads) {
    const rounds = await interleave<Variant, Measure>(
      { ...context, progress: (text) => context.progress(`${workload.name}, ${text}`) },
      {
        variants: VARIANTS,
        baseline: 'otelcol, GOMAXPROCS=2',
        run: (variant) => once(context, broker, variant, workload),
        cost: ({ cpuPerSpan }) => cpuPerSpan,
      },
    );
    for (const variant of VARIANTS)
      if (rounds.of(variant).length > 0) rows.push(row(workload, variant, rounds));
    for (const peer of VARIANTS.slice(1)) found.push(...ratioOf(workload, peer, rounds));
    for (const note of rounds.notes) notes.add(`${workload.name}: ${note}`);
  }
  return {
    tables: [{ title: 'The door’s process', columns: COLUMNS, rows }],
    ratios: found,
    checks: [
      'every span that was sent is on the topic exactly once, and every trace on one partition, in every run of every variant',
    ],
    notes: [
      `Apache Kafka on this machine, ${PARTITIONS} partitions, acks of all replicas, zstd level 1; four keep-alive connections; ` +
        'half as many requests before the measured ones; CPU of the process, user and system, all threads',
      'the Collector: one message a trace (partition_traces_by_id), queue off; the ingest drops one attribute of ten of each span',
      ...notes,
    ],
  };
}

const quickly = (workload: Workload): Workload[] =>
  workload.quick === undefined ? [] : [{ ...workload, requests: workload.quick }];

/** One fresh process, on topics of its own. */
async function once(
  context: BenchContext,
  broker: BenchBroker,
  variant: Variant,
  workload: Workload,
): Promise<Measure> {
  const prefix = `bench-${++runs}.`;
  await broker.createTopics(prefix, PARTITIONS);
  const door = await (variant === 'ati'
    ? startIngest(context, broker, prefix)
    : startPeer(context, broker, prefix, variant === 'otelcol, GOMAXPROCS=1' ? 1 : 2));
  try {
    return await measureDoor(door, broker, workload);
  } finally {
    await door.service.stop();
    await broker.deleteTopics(prefix);
  }
}
let runs = 0;

async function startIngest(context: BenchContext, broker: BenchBroker, prefix: string): Promise<Door> {
  const port = await freePort();
  const service = await startNodeService({
    file: 'producers/ingest/main.ts',
    env: {
      KAFKA_BROKERS: broker.address,
      ATI_TOPIC_PREFIX: prefix,
      ATI_PARTITIONS: String(PARTITIONS),
      ATI_INGEST_PORT: String(port),
      ATI_DATA_DIR: await mkdtemp(join(context.directory, 'ingest-')),
    },
  });
  return { service, port, topic: topicName('spans', prefix), envelope: 'avro' };
}

async function startPeer(
  { directory }: BenchContext,
  broker: BenchBroker,
  prefix: string,
  threads: number,
): Promise<Door> {
  const port = await freePort();
  const topic = topicName('spans', prefix);
  const service = await startCollector({ broker: broker.address, topic, port, threads, directory });
  return { service, port, topic, envelope: 'none' };
}

const COLUMNS = [
  'export',
  'bytes a span',
  'door',
  'µs CPU a span',
  'min–max',
  'µs CPU a request',
  'p50 ms',
  'p99 ms',
  'spans/s',
  'MB resident',
];

function row(workload: Workload, variant: Variant, rounds: Rounds<Variant, Measure>): (string | number)[] {
  const measures = rounds.of(variant);
  const of = (value: (measure: Measure) => number) => median(measures.map(value));
  const cpu = spread(measures.map(({ cpuPerSpan }) => cpuPerSpan));
  return [
    workload.name,
    of((each) => each.bytesPerSpan),
    variant,
    cpu.median.toFixed(2),
    `${cpu.min.toFixed(2)}–${cpu.max.toFixed(2)}`,
    of((each) => each.cpuPerRequest).toFixed(0),
    of((each) => each.p50).toFixed(1),
    of((each) => each.p99).toFixed(1),
    of((each) => each.spansPerSecond),
    of((each) => each.residentMb),
  ];
}

/** What the project promises (issue 7): half of the Collector's CPU, and not worse than 1.5 times at one span a request. */
function ratioOf(workload: Workload, peer: Variant, rounds: Rounds<Variant, Measure>): Ratio[] {
  const promised = workload.name === USUAL.name ? 2 : workload.name === ONE_SPAN.name ? 1 / 1.5 : undefined;
  const name = `ingest: ${peer} / ati, ${workload.name}, µs CPU a span`;
  const promise = promised === undefined ? {} : { atLeast: promised };
  return ratios(name, rounds, [peer, 'ati'], ({ cpuPerSpan }) => cpuPerSpan, promise);
}
