/** For tests: the ingest as its own process, and what a broker has on ati.spans. */
import { fileURLToPath } from 'node:url';
import { connectKafka } from '#infra/kafka/client.ts';
import { createLog } from '#infra/log.ts';
import { freePort } from '#infra/ports.ts';
import { type ForkedProcess, forkProcess } from '#infra/testing/fork.ts';
import { topicName } from '#infra/topics.ts';
import type { SpanBatch } from '#schemas/events.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { spanBatch } from './testing.ts';

export interface IngestProcess extends ForkedProcess {
  readonly url: string;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** `file`: another program than the ingest's own, such as one of the fixtures. */
export async function spawnIngest(env: Record<string, string>, file = MAIN): Promise<IngestProcess> {
  const ATI_INGEST_PORT = String(await freePort());
  const forked = forkProcess(file, { ...process.env, ATI_LOG_LEVEL: 'trace', ...env, ATI_INGEST_PORT });
  return { ...forked, url: `http://127.0.0.1:${ATI_INGEST_PORT}` };
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
