/**
 * What pipelines read: a corpus to warm up on (modules of worker threads are loaded, code is compiled), and after that one that
 * is measured. Records are made once and written anew for each run.
 */
import { type CorpusOptions, spanLog } from '#bench/corpus/span-log.ts';
import { jsonRecords } from '#bench/peers/naive/write-log.ts';
import type { Kafka, OutgoingRecord } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';

export const PARTITIONS = 4;
/** 2026-09-21, a Monday; log time is the corpus's own. */
const START_MS = Date.UTC(2026, 8, 21, 9);
/** Of log time: a third of the rate that must be sustained. */
const SPANS_PER_SECOND = 20_000;
/** About 25 spans a trace and 450 bytes a span; 2 % of the traces fail. */
const SPANS_A_TRACE = 25.6;
/** Of log time: long enough for every trace to close. */
const WARM_TAIL_MS = 12_000;
const MINUTE_MS = 60_000;
/** Small enough that nobody waits long for the first one, large enough to keep the log ahead of who reads it. */
const RECORDS_A_SEND = 4 * PARTITIONS;

export const PHASES = ['warm', 'main'] as const;
export type Phase = (typeof PHASES)[number];
export type Corpora = Readonly<Record<Phase, CorpusOptions>>;

/** Corpora of about so many spans; the second begins after the first one's traces have closed. */
export function corporaOf(warmSpans: number, spans: number): Corpora {
  const corpus = (seed: number, count: number, startMs: number) => ({
    seed,
    traces: Math.round(count / SPANS_A_TRACE),
    partitions: PARTITIONS,
    startMs,
    spansPerSecond: SPANS_PER_SECOND,
  });
  const warm = { ...corpus(6, warmSpans, START_MS), tailMs: WARM_TAIL_MS };
  return { warm, main: corpus(7, spans, START_MS + 10 * MINUTE_MS) };
}

/** spans: ati.spans as our door writes it. json: one record a span. otlp: plain OTLP protobuf as a Collector writes it, no ticks. */
export type Encoding = 'spans' | 'json' | 'otlp';

/** Records that go out together: one request, a batch a partition. */
type Sends = readonly (readonly OutgoingRecord[])[];

/** The same spans in the same partitions and order, in each of the encodings. */
export class Logs {
  readonly #corpora: Corpora;
  readonly #made = new Map<string, Sends>();

  constructor(corpora: Corpora) {
    this.#corpora = corpora;
  }

  /** Writes one of them; zstd, acknowledged by all replicas. */
  async write(kafka: Kafka, topic: string, encoding: Encoding, phase: Phase): Promise<void> {
    const producer = await kafka.producer({ compression: 'zstd' });
    for (const records of this.prepare(encoding, phase)) await producer.send(topic, records);
    await producer.close();
  }

  /** Makes the records, once. */
  prepare(encoding: Encoding, phase: Phase): Sends {
    const key = `${encoding} ${phase}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = ENCODERS[encoding](this.#corpora[phase]);
    this.#made.set(key, made);
    return made;
  }
}

const ENCODERS: Record<Encoding, (corpus: CorpusOptions) => Sends> = {
  spans: (corpus) => together([...spanLog(corpus)].map(({ partition, value }) => ({ partition, value }))),
  otlp: (corpus) =>
    together(
      [...spanLog(corpus)].flatMap(({ partition, value, spans }) => {
        if (spans === 0) return [];
        const batch = decodeAs('SpanBatch', value);
        if (!batch.ok) throw new Error(batch.reason);
        return [{ partition, value: batch.value.otlp }];
      }),
    ),
  // A batch for each record of ours, so that both logs are cut alike.
  json: (corpus) =>
    [...spanLog(corpus)].map(({ partition, value }) =>
      jsonRecords(value).map((record) => ({ partition, key: record.key, value: Buffer.from(record.value) })),
    ),
};

function together(records: readonly OutgoingRecord[]): Sends {
  const sends: OutgoingRecord[][] = [];
  for (let i = 0; i < records.length; i += RECORDS_A_SEND) sends.push(records.slice(i, i + RECORDS_A_SEND));
  return sends;
}
