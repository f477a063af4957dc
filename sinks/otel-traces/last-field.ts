/** Fields that may be there once: where one stands several times, the last counts (protobuf). */
import { lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';

/** Where the value that `findLast` last looked for stands: b[valueFrom, valueTo). */
export let valueFrom = 0;
export let valueTo = 0;

/** Finds the last field `wanted` (length-delimited) of the message b[from, end), or an empty range. */
export function findLast(b: Uint8Array, from: number, end: number, wanted: number): void {
  let foundAt = from;
  let foundTo = from;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== wanted) continue;
    lengthEnd(b, start, end);
    foundAt = next;
    foundTo = p;
  }
  valueFrom = foundAt;
  valueTo = foundTo;
}
