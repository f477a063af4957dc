/** Repeated KeyValue fields → Map(LowCardinality(String), String), without objects. */
import { KeyValue } from '#schemas/otlp/fields.ts';
import { lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { writeAnyValue } from './any-value.ts';

/** Above this many pairs a Set finds repeated keys; below, comparing them is cheaper. */
const FEW = 24;

/** Four a pair: key from and to, value from and to. */
let pairs = new Int32Array(4 * 256);
let count = 0;

/** Of a repeated key the first counts, as `findAttribute` reads it. */
function repeated(b: Uint8Array, i: number): boolean {
  const from = pairs[i * 4];
  const size = pairs[i * 4 + 1] - from;
  for (let other = 0; other < i; other++) {
    const at = pairs[other * 4];
    if (pairs[other * 4 + 1] - at !== size) continue;
    let k = size - 1;
    while (k >= 0 && b[at + k] === b[from + k]) k--;
    if (k < 0) return true;
  }
  return false;
}

function readPair(b: Uint8Array, from: number, end: number): void {
  if ((count + 1) * 4 > pairs.length) {
    const grown = new Int32Array(pairs.length * 2);
    grown.set(pairs);
    pairs = grown;
  }
  const at = count * 4;
  pairs.fill(from, at, at + 4);
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== KeyValue.key && field !== KeyValue.value) continue;
    lengthEnd(b, start, end);
    const slot = field === KeyValue.key ? at : at + 2;
    pairs[slot] = next;
    pairs[slot + 1] = p;
  }
  count++;
}

/** Drops the later ones of repeated keys. */
function unique(b: Uint8Array): void {
  const seen = count > FEW ? new Set<string>() : undefined;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (seen) {
      const key = Buffer.prototype.latin1Slice.call(b, pairs[i * 4], pairs[i * 4 + 1]);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    if (kept !== i) pairs.copyWithin(kept * 4, i * 4, i * 4 + 4);
    if (!seen && repeated(b, kept)) continue;
    kept++;
  }
  count = kept;
}

/** Writes the attributes of the message b[from, end), which are its field `attributes` (a tag). Throws WireFault. */
export function writeAttributeMap(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  attributes: number,
): void {
  count = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== attributes) continue;
    lengthEnd(b, start, end);
    readPair(b, next, p);
  }
  unique(b);
  out.varint(count);
  for (let i = 0; i < count; i++) {
    const at = i * 4;
    out.string(b, pairs[at], pairs[at + 1]);
    writeAnyValue(out, b, pairs[at + 2], pairs[at + 3]);
  }
}
