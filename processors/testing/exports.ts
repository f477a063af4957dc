/** For tests: traces in virtual time, as an SDK's batch exporter would send them. */
import { createHash } from 'node:crypto';
import { partitionOf } from '#schemas/murmur2.ts';
import { encodeTraces, type OtlpSpan } from '#schemas/otlp/write.ts';
import { hexId, type TestSpan } from '../trace/testkit.ts';
import type { PlacedBatch } from './pipeline.ts';

export interface ExportOptions {
  /** Any name; gives the trace its id. */
  readonly trace: string;
  /** Unix ms of the trace's start. */
  readonly startMs: number;
  readonly partitions: number;
  /** How often the exporter sends, ms. */
  readonly everyMs?: number;
  readonly tenant?: string;
}

export function traceIdOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** Spans are sent when they have ended, at the exporter's next turn. */
export function exportsOf(spans: readonly TestSpan[], options: ExportOptions): PlacedBatch[] {
  const { startMs, partitions, everyMs = 200, tenant = 'default' } = options;
  const traceId = traceIdOf(options.trace);
  const partition = partitionOf(Buffer.from(traceId, 'hex'), partitions);
  const turns = new Map<number, TestSpan[]>();
  for (const span of spans) {
    const turn = Math.floor(span.end / everyMs) + 1;
    turns.set(turn, [...(turns.get(turn) ?? []), span]);
  }
  return [...turns]
    .sort(([a], [b]) => a - b)
    .map(([turn, sent]) => ({
      partition,
      batch: {
        tenant,
        receivedAt: startMs + turn * everyMs,
        spanCount: sent.length,
        otlp: encodeTraces({ resourceSpans: sent.map((span) => resourceSpans(span, traceId, startMs)) }),
      },
    }));
}

/** Batches of several traces in the order in which they were received. */
export function merged(...exports: readonly PlacedBatch[][]): PlacedBatch[] {
  return exports.flat().sort((a, b) => a.batch.receivedAt - b.batch.receivedAt || a.partition - b.partition);
}

function resourceSpans(span: TestSpan, traceId: string, startMs: number) {
  const attributes: Record<string, string> = { 'service.name': span.service ?? 'app' };
  if (span.instance !== undefined) attributes['service.instance.id'] = span.instance;
  return { resource: { attributes }, scopeSpans: [{ spans: [otlpSpan(span, traceId, startMs)] }] };
}

function otlpSpan(span: TestSpan, traceId: string, startMs: number): OtlpSpan {
  const nanos = (ms: number) => BigInt(startMs) * 1_000_000n + BigInt(Math.round(ms * 1e6));
  return {
    traceId,
    spanId: hexId(span.id),
    ...(span.parent !== undefined && { parentSpanId: hexId(span.parent) }),
    name: span.name,
    kind: span.kind ?? 1,
    startTimeUnixNano: nanos(span.start),
    endTimeUnixNano: nanos(span.end),
    ...(span.attributes && { attributes: span.attributes }),
    ...(span.links && { links: span.links.map((id) => ({ traceId, spanId: hexId(id) })) }),
    ...(span.error && { status: { code: 2 } }),
  };
}
