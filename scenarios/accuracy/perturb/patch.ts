import { Span } from '#schemas/otlp/fields.ts';
import { next, skip, tag, uint64 } from '#schemas/otlp/wire.ts';
import { ProtoWriter } from '#schemas/otlp/write.ts';

/** What is to be different in a span. */
export interface SpanPatch {
  /** 16 bytes. */
  readonly traceId?: Uint8Array;
  /** 8 bytes: of a span that has no parent. */
  readonly parentOfRoot?: Uint8Array;
  /** Added to start and end, ms. */
  readonly shiftMs?: number;
}

/** A copy of an encoded Span message with the patch applied; every other field stays as it is, byte for byte. */
export function patchSpan(span: Uint8Array, patch: SpanPatch): Uint8Array {
  const { traceId, parentOfRoot, shiftMs = 0 } = patch;
  const shift = BigInt(Math.round(shiftMs * 1e6));
  const writer = new ProtoWriter();
  let hasParent = false;
  for (let p = 0; p < span.length; ) {
    const field = tag(span, p, span.length);
    const value = next;
    const end = skip(span, value, span.length, field);
    if (field === Span.parentSpanId) hasParent = true;
    if (field === Span.traceId && traceId !== undefined) writer.bytes(field, traceId);
    else if (field === Span.startTimeUnixNano || field === Span.endTimeUnixNano)
      writer.fixed64(field, uint64(span, value) + shift);
    else writer.raw(span.subarray(p, end));
    p = end;
  }
  // Fields may come in any order: https://protobuf.dev/programming-guides/encoding/#order
  if (!hasParent && parentOfRoot !== undefined) writer.bytes(Span.parentSpanId, parentOfRoot);
  return writer.finish();
}
