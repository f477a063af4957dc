/** Fields that may be there once: where one stands several times, the last counts (protobuf). */
import { BYTES, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';

/** Where the value that `findLast` last looked for stands: b[valueFrom, valueTo). */
export let valueFrom = 0;
export let valueTo = 0;

/** Finds the last field `wanted` (length-delimited) of the message b[from, end), or an empty range. */
export function findLast(b: Uint8Array, from: number, end: number, wanted: number): void {
  let foundAt = from;
  let foundTo = from;
  for (let p = from; p < end; ) {
    let field = b[p];
    let value = p + 2;
    // Nearly all: a tag and a length of one byte each.
    if ((field & 0x87) === BYTES && field > 7 && p + 1 < end && b[p + 1] < 0x80) {
      const start = p + 1;
      p = value + b[start];
      if (p > end) lengthEnd(b, start, end);
    } else {
      field = tag(b, p, end);
      p = skip(b, next, end, field);
      value = next;
    }
    if (field !== wanted) continue;
    foundAt = value;
    foundTo = p;
  }
  valueFrom = foundAt;
  valueTo = foundTo;
}
