/** The logs that pipelines read: the corpus on a topic, as our door writes it or as plain OTLP. */
import { type CorpusOptions, type CorpusRecord, spanLog } from '#bench/corpus/span-log.ts';
import type { Kafka, OutgoingRecord } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';

export const PARTITIONS = 4;
/** 2026-09-21, a Monday; log time is the corpus's own. */
const START_MS = Date.UTC(2026, 8, 21, 9);
/** Of log time: a third of the rate that must be sustained. */
const SPANS_PER_SECOND = 20_000;
/** About 25 spans a trace and 450 bytes a span; 2 % of the traces fail. */
const SPANS_A_TRACE = 25.6;
/** One request holds about a megabyte a partition before compression. */
const RECORDS_A_SEND = 4 * PARTITIONS;

/** A corpus of about so many spans. */
export const corpusOf = (spans: number, seed = 7): CorpusOptions => ({
  seed,
  traces: Math.round(spans / SPANS_A_TRACE),
  partitions: PARTITIONS,
  startMs: START_MS,
  spansPerSecond: SPANS_PER_SECOND,
});

/** Writes the corpus to an ati.spans topic, zstd, acknowledged by all replicas; the number of its spans. */
export const writeSpanLog = (kafka: Kafka, topic: string, corpus: CorpusOptions): Promise<number> =>
  write(kafka, topic, corpus, ({ partition, value }) => ({ partition, value }));

/**
 * The same spans in the same partitions and order as plain OTLP protobuf messages (`otlp_proto`), as a Collector's Kafka
 * exporter writes them. Ticks, which have no spans, are left out.
 */
export const writeOtlpLog = (kafka: Kafka, topic: string, corpus: CorpusOptions): Promise<number> =>
  write(kafka, topic, corpus, ({ partition, value, spans }) => {
    if (spans === 0) return undefined;
    const batch = decodeAs('SpanBatch', value);
    if (!batch.ok) throw new Error(batch.reason);
    return { partition, value: batch.value.otlp };
  });

async function write(
  kafka: Kafka,
  topic: string,
  corpus: CorpusOptions,
  recordOf: (record: CorpusRecord) => OutgoingRecord | undefined,
): Promise<number> {
  const producer = await kafka.producer({ compression: 'zstd' });
  let waiting: OutgoingRecord[] = [];
  let spans = 0;
  for (const record of spanLog(corpus)) {
    spans += record.spans;
    const outgoing = recordOf(record);
    if (outgoing !== undefined) waiting.push(outgoing);
    if (waiting.length < RECORDS_A_SEND) continue;
    await producer.send(topic, waiting);
    waiting = [];
  }
  await producer.send(topic, waiting);
  await producer.close();
  return spans;
}
