/** `npm run bench -- --case produce`: three clients write the same records to Apache Kafka. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchCase, BenchContext, CaseResult, Ratio } from '#bench/harness/case.ts';
import { type BenchBroker, startBroker } from '#bench/harness/kafka.ts';
import { interleave, type Rounds, ratios } from '#bench/harness/rounds.ts';
import { spread } from '#bench/harness/statistics.ts';
import { installPlatformatic } from '#bench/peers/platformatic.ts';
import { VARIANTS, type Variant } from '#bench/produce/sender.ts';
import {
  COMPRESSIONS,
  type Compression,
  Digest,
  KINDS,
  type Kind,
  PARTITIONS,
  sendings,
} from '#bench/produce/workload.ts';

const MAIN = fileURLToPath(new URL('../produce/main.ts', import.meta.url));

interface Measure {
  readonly perRecord: number;
  /** NaN where the records hold no spans. */
  readonly perSpan: number;
}

const produce: BenchCase = {
  name: 'produce',
  about:
    'Our producer, kafkajs’s own and @platformatic/kafka’s write the same records to Apache Kafka, idempotent and with ' +
    'acks from all: CPU of the producing process.',
  quick: false,
  broker: 'kafka',
  async run(context) {
    await installPlatformatic(context.progress);
    const broker = await startBroker(context);
    try {
      return await compare(context, broker);
    } finally {
      await broker.stop();
    }
  },
};
export default produce;

async function compare(context: BenchContext, broker: BenchBroker): Promise<CaseResult> {
  const rows: (string | number)[][] = [];
  const found: Ratio[] = [];
  const notes = new Set<string>();
  for (const kind of KINDS)
    for (const compression of COMPRESSIONS) {
      const what = `${kind}, ${compression}`;
      const rounds = await interleave<Variant, Measure>(
        { ...context, progress: (text) => context.progress(`${what}, ${text}`) },
        {
          variants: VARIANTS,
          run: (variant) => once(broker, variant, kind, compression, context.quick ? 4 : 10),
          cost: ({ perRecord }) => perRecord,
        },
      );
      for (const variant of VARIANTS)
        if (rounds.of(variant).length > 0) rows.push(row(what, variant, rounds));
      for (const peer of ['kafkajs', '@platformatic/kafka'] as const)
        found.push(
          ...ratios(`produce: ${peer} / ati, ${what}`, rounds, [peer, 'ati'], ({ perRecord }) => perRecord),
        );
      for (const note of rounds.notes) notes.add(`${what}: ${note}`);
    }
  return {
    tables: [{ title: 'The producing process', columns: COLUMNS, rows }],
    ratios: found,
    checks: [
      'every value is on its partition, in the order in which it was sent, in every run of every variant',
    ],
    notes: [
      `Apache Kafka on this machine, ${PARTITIONS} partitions, one send to each at a time; the first pass over the bodies is not measured`,
      'span batches: one record of 512 spans a send; summaries and signals: 500 records of 1,500 and 300 bytes a send',
      'zstd at level 1, of @platformatic/kafka at its level 3, which it does not let one choose',
      ...notes,
    ],
  };
}

const COLUMNS = ['records', 'client', 'µs CPU a record', 'min–max', 'µs CPU a span'];

function row(what: string, variant: Variant, rounds: Rounds<Variant, Measure>): (string | number)[] {
  const measures = rounds.of(variant);
  const { median, min, max } = spread(measures.map(({ perRecord }) => perRecord));
  const span = spread(measures.map(({ perSpan }) => perSpan)).median;
  const range = `${min.toFixed(1)}–${max.toFixed(1)}`;
  return [what, variant, median.toFixed(1), range, Number.isNaN(span) ? '' : span.toFixed(2)];
}

let topics = 0;

/** A fresh process and topic; throws where a value is not on its partition. */
async function once(
  { kafka, address }: BenchBroker,
  variant: Variant,
  kind: Kind,
  compression: Compression,
  passes: number,
): Promise<Measure> {
  const topic = `bench-produce-${++topics}`;
  await kafka.ensureTopics([
    { name: topic, partitions: PARTITIONS, config: { 'max.message.bytes': String(4 << 20) } },
  ]);
  const words = [MAIN, variant, address, topic, compression, kind, String(passes)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const { cpuUs } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { cpuUs: number };
  const all = sendings(kind);
  await check(kafka, topic, all, passes + 1);
  await kafka.deleteTopics([topic]);
  const count = (of: (each: (typeof all)[number]) => number) =>
    all.reduce((sum, each) => sum + of(each), 0) * passes;
  const spans = count(({ spans }) => spans);
  return {
    perRecord: cpuUs / count(({ values }) => values.length),
    perSpan: spans === 0 ? Number.NaN : cpuUs / spans,
  };
}

async function check(
  kafka: BenchBroker['kafka'],
  topic: string,
  all: ReturnType<typeof sendings>,
  passes: number,
): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const expected = new Digest();
    for (let pass = 0; pass < passes; pass++)
      for (const each of all)
        if (each.partition === partition) for (const value of each.values) expected.add(value);
    const found = new Digest();
    for await (const { value } of kafka.read(topic, partition, 0)) found.add(value ?? Buffer.alloc(0));
    if (found.toString() !== expected.toString())
      throw new Error(`${topic}/${partition} does not hold what was sent to it, in its order`);
  }
}
