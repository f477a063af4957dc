/** A peer as a process: what bench/peers/README.md says of its command. */
import { z } from 'zod';
import { readConfig } from '#infra/config.ts';
import { messageOf } from '#infra/errors.ts';
import { createLog } from '#infra/log.ts';
import type { Consuming } from './consume.ts';
import { contextOf } from './context.ts';
import { type StartAssembly, startDetect } from './detect.ts';
import type { Format } from './format.ts';
import { createTopics } from './kafka.ts';
import { startSink } from './sink.ts';
import type { Row } from './table-writer.ts';

/** What one peer does in its own way. */
export interface Peer {
  readonly name: string;
  readonly about: string;
  readonly format: Format;
  readonly startAssembly: StartAssembly;
  /** Rows of otel_traces of a record of the input. */
  readonly spanRows: (record: Buffer) => readonly Row[];
}

const environment = z.object({
  KAFKA_BROKERS: z.string().min(1).describe('host:port,…'),
  BENCH_TOPIC: z.string().min(1).describe('the log it reads'),
  BENCH_PREFIX: z.string().min(1).describe('before the names of its topics and groups'),
  BENCH_STAGE: z
    .enum(['detect', 'sink', 'all'])
    .default('all')
    .describe('detect, sink or all (both in one process)'),
  CLICKHOUSE_URL: z.string().default('').describe('http://host:port, where it is a sink'),
  CLICKHOUSE_DATABASE: z.string().default('').describe('a database of its own'),
});

function help({ name, about }: Peer): string {
  const variables = Object.entries(environment.shape).map(
    ([variable, { description }]) => `  ${variable.padEnd(20)} ${description}`,
  );
  return [
    `node bench/peers/${name}/main.ts: ${about}`,
    '',
    ...variables,
    '',
    "Quiet gap, windows, thresholds, workers and sizes of inserts are those of ATI's own variables (infra/config.ts).",
  ].join('\n');
}

/** Runs until SIGTERM, then stores, commits and exits 0; 1 after an error, 2 where the variables are wrong. */
export function runPeer(peer: Peer): void {
  if (process.argv.includes('--help')) {
    console.log(help(peer));
    return;
  }
  const given = environment.safeParse(process.env);
  const read = readConfig(process.env);
  if (!given.success || !read.ok) {
    console.error(given.success ? !read.ok && read.message : z.prettifyError(given.error));
    process.exit(2);
  }
  const { config } = read;
  const log = createLog(peer.name, config.ATI_LOG_LEVEL);
  const running: Consuming[] = [];
  const fatal = (error: unknown) => {
    console.error(`${peer.name}: ${messageOf(error)}`);
    process.exit(1);
  };
  const stop = async () => {
    for (const part of running.reverse()) await part.close();
    process.exit(0);
  };
  const stopOnce = Promise.withResolvers<void>();
  stopOnce.promise.then(stop).catch(fatal);
  process.on('SIGTERM', () => stopOnce.resolve());
  process.on('SIGINT', () => stopOnce.resolve());
  process.on('disconnect', () => stopOnce.resolve());

  const start = async () => {
    const { BENCH_TOPIC: input, BENCH_PREFIX: prefix, BENCH_STAGE: stage } = given.data;
    const context = await contextOf({ config, log }, { input, prefix }, fatal);
    const { topics, kafka, partitions } = context;
    await createTopics(kafka, [topics.traces, topics.signals, topics.incidents], partitions);
    if (stage !== 'detect') running.push(await startSink(context, peer.format, peer.spanRows));
    if (stage !== 'sink') running.push(await startDetect(context, peer.format, peer.startAssembly));
    process.send?.('ready');
  };
  start().catch(fatal);
}
