/** For tests: the ingest as its own process, and what a broker has on ati.spans. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connectKafka } from '#infra/kafka/client.ts';
import { createLog } from '#infra/log.ts';
import { topicName } from '#infra/topics.ts';
import type { SpanBatch } from '#schemas/events.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { spanBatch } from './testing.ts';

export interface IngestProcess {
  readonly url: string;
  /** Resolves when it is ready to take requests. */
  readonly ready: Promise<unknown>;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Everything it printed. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export async function spawnIngest(env: Record<string, string>): Promise<IngestProcess> {
  const port = await freePort();
  const child = fork(MAIN, [], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ATI_LOG_LEVEL: 'trace', ...env, ATI_INGEST_PORT: String(port) },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const ready = Promise.race([
    once(child, 'message'),
    exited.then((end) => Promise.reject(new Error(`the ingest ended (${end}): ${output}`))),
  ]);
  ready.catch(() => {}); // a test that waits for its end does not wait for this
  return {
    url: `http://127.0.0.1:${port}`,
    ready,
    exited,
    output: () => output,
    kill: (signal) => child.kill(signal),
  };
}

/** A port below 32768, where no outgoing connection takes it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

export interface OnLog extends SpanBatch {
  readonly partition: number;
}

/** Every SpanBatch on `prefix`ati.spans. */
export async function batchesOnLog(brokers: readonly string[], prefix: string): Promise<OnLog[]> {
  const kafka = await connectKafka({ brokers, clientId: 'test', log: createLog('test', 'silent') });
  try {
    const topic = topicName('spans', prefix);
    const batches: OnLog[] = [];
    for (const { partition, earliest } of await kafka.offsets(topic)) {
      for await (const { value } of kafka.read(topic, partition, earliest))
        batches.push({ partition, ...spanBatch(value) });
    }
    return batches;
  } finally {
    await kafka.close();
  }
}

/** The ids of all spans, in hex. */
export function spanIdsOf(batches: readonly SpanBatch[]): string[] {
  return batches.flatMap(({ otlp, spanCount }) => {
    const columns = new SpanColumns();
    const skimmed = skimSpans(Buffer.from(otlp), columns);
    if (!skimmed.ok) throw new Error(skimmed.reason);
    if (columns.n !== spanCount) throw new Error(`${columns.n} spans in a batch of ${spanCount}`);
    return Array.from({ length: columns.n }, (_, i) =>
      Buffer.from(columns.spanId.subarray(i * 8, i * 8 + 8)).toString('hex'),
    );
  });
}
