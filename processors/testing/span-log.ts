/** For tests: records of ati.spans from a few words. */
import { encode } from '#schemas/codec.ts';
import type { SpanBatch } from '#schemas/events.ts';
import { encodeTraces, type OtlpSpan } from '#schemas/otlp/write.ts';

export interface TestSpan {
  /** Trace and span by small numbers; span 1 is the root, others its children. */
  trace: number;
  span: number;
  name?: string;
  startMs?: number;
  durationMs?: number;
}

export function testTraceId(trace: number): string {
  return trace.toString(16).padStart(32, '0');
}

function otlpSpan(span: TestSpan): OtlpSpan {
  const start = BigInt(span.startMs ?? span.span) * 1_000_000n;
  const id = (n: number) => n.toString(16).padStart(16, '0');
  return {
    traceId: testTraceId(span.trace),
    spanId: id(span.span),
    ...(span.span === 1 ? {} : { parentSpanId: id(1) }),
    name: span.name ?? `op-${span.span % 3}`,
    kind: 1,
    startTimeUnixNano: start,
    endTimeUnixNano: start + BigInt(span.durationMs ?? 5) * 1_000_000n,
  };
}

export function testBatch(receivedAt: number, spans: readonly TestSpan[], tenant = 'default'): SpanBatch {
  const otlp =
    spans.length === 0
      ? new Uint8Array()
      : encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans: spans.map(otlpSpan) }] }] });
  return { tenant, receivedAt, spanCount: spans.length, otlp };
}

export function spanRecord(receivedAt: number, spans: readonly TestSpan[], tenant = 'default'): Uint8Array {
  return encode('SpanBatch', testBatch(receivedAt, spans, tenant));
}
