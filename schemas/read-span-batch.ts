import type { SpanBatch } from './events.ts';

/** The position behind the value that was read last. */
let next = 0;

/** A zigzag varint; a number is exact within the bounds that the check has set. */
function long(b: Uint8Array, from: number): number {
  let value = 0;
  let factor = 1;
  let at = from;
  for (;;) {
    const byte = b[at++];
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
    factor *= 128;
  }
  next = at;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** The SpanBatch v1 at `at`, whose bytes have passed the check (avro/check.ts): `otlp` is a view of them. */
export function readSpanBatch(b: Uint8Array, at: number): SpanBatch {
  const length = long(b, at);
  const tenant = Buffer.prototype.utf8Slice.call(b, next, next + length);
  const receivedAt = long(b, next + length);
  const spanCount = long(b, next);
  const bytes = long(b, next);
  return { tenant, receivedAt, spanCount, otlp: b.subarray(next, next + bytes) };
}
