import type { OutgoingRecord, Producer } from '#infra/kafka/port.ts';
import { encode } from '#schemas/codec.ts';
import { partitionOf } from '#schemas/murmur2.ts';

/** OTLP spans of one trace, as they would have arrived at the door. */
export interface VirtualExport {
  /** Virtual time of its arrival, unix ms. */
  readonly atUnixMs: number;
  /** 32 hex digits. */
  readonly traceId: string;
  readonly spanCount: number;
  /** A TracesData message. */
  readonly otlp: Uint8Array;
}

export interface WriteOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly tenant: string;
  /** Ticks go on for so long after the last export, in virtual ms: traces and windows close. */
  readonly tailMs: number;
  /** Spans per second of real time; undefined: as fast as the log takes them. */
  readonly rate?: number;
  readonly onProgress?: (spans: number) => void;
}

const TICK_MS = 1_000;
const RECORDS_PER_SEND = 500;

interface Placed {
  readonly at: number;
  readonly partition: number;
  readonly spanCount: number;
  readonly otlp: Uint8Array;
}

/**
 * Writes exports straight to ati.spans in order of their virtual time, with the ticks that idle partitions need: the
 * processor must not write any of its own (ATI_TICKS=false). Resolves when the log has everything.
 */
export async function writeExports(
  producer: Pick<Producer, 'send'>,
  exports: readonly VirtualExport[],
  options: WriteOptions,
): Promise<void> {
  const { topic, tenant } = options;
  const placed = withTicks(exports, options);
  const started = performance.now();
  let spans = 0;
  for (let i = 0; i < placed.length; i += RECORDS_PER_SEND) {
    const slice = placed.slice(i, i + RECORDS_PER_SEND);
    const records: OutgoingRecord[] = slice.map(({ at, partition, spanCount, otlp }) => ({
      partition,
      value: encode('SpanBatch', { tenant, receivedAt: at, spanCount, otlp }),
    }));
    await producer.send(topic, records);
    spans += slice.reduce((sum, { spanCount }) => sum + spanCount, 0);
    options.onProgress?.(spans);
    await pace(spans, started, options.rate);
  }
}

/** Everything in order of virtual time; at the same time in the given order, ticks last. */
function withTicks(exports: readonly VirtualExport[], { partitions, tailMs }: WriteOptions): Placed[] {
  const placed: Placed[] = exports.map(({ atUnixMs, traceId, spanCount, otlp }) => ({
    at: atUnixMs,
    partition: partitionOf(Buffer.from(traceId, 'hex'), partitions),
    spanCount,
    otlp,
  }));
  const first = placed.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = placed.reduce((most, { at }) => Math.max(most, at), 0);
  for (let at = first; at <= last + tailMs; at += TICK_MS)
    for (let partition = 0; partition < partitions; partition++)
      placed.push({ at, partition, spanCount: 0, otlp: new Uint8Array() });
  return placed.sort((a, b) => a.at - b.at);
}

/** Waits until so many spans may have been written. */
async function pace(spans: number, started: number, rate: number | undefined): Promise<void> {
  if (rate === undefined) return;
  const ahead = (spans / rate) * 1_000 - (performance.now() - started);
  if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
}
