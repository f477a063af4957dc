import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { int32s } from './arrays.ts';
import { keptFloat64s } from './scratch.ts';

/** Big-endian words of the 8-byte ids of `rows`, two for each, high then low. Comparing them compares the bytes. */
export function idWords(ids: Uint8Array, rows: Int32Array, into: Uint32Array): Uint32Array {
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i] * 8;
    into[i * 2] = (ids[at] << 24) | (ids[at + 1] << 16) | (ids[at + 2] << 8) | ids[at + 3];
    into[i * 2 + 1] = (ids[at + 4] << 24) | (ids[at + 5] << 16) | (ids[at + 6] << 8) | ids[at + 7];
  }
  return into;
}

function bytesOf(c: SpanColumns, row: number, offset: Int32Array, length: Int32Array): Uint8Array {
  return c.buffers[c.buffer[row]].subarray(offset[row], offset[row] + length[row]);
}

/** By start, span id and kind. */
function byIdentity({ time, spanId, kind }: SpanColumns, a: number, b: number): number {
  if (time[a * 4 + 1] !== time[b * 4 + 1]) return time[a * 4 + 1] - time[b * 4 + 1];
  if (time[a * 4] !== time[b * 4]) return time[a * 4] - time[b * 4];
  for (let x = a * 8, y = b * 8, end = x + 8; x < end; x++, y++)
    if (spanId[x] !== spanId[y]) return spanId[x] - spanId[y];
  return kind[a] - kind[b];
}

function byContent(c: SpanColumns, a: number, b: number): number {
  const { time, status } = c;
  return (
    time[b * 4 + 3] - time[a * 4 + 3] ||
    time[b * 4 + 2] - time[a * 4 + 2] ||
    status[b] - status[a] ||
    Buffer.compare(bytesOf(c, a, c.spanOffset, c.spanLength), bytesOf(c, b, c.spanOffset, c.spanLength)) ||
    Buffer.compare(
      bytesOf(c, a, c.resourceOffset, c.resourceLength),
      bytesOf(c, b, c.resourceOffset, c.resourceLength),
    )
  );
}

/** Up to so many rows are put where they belong one by one. */
const FEW = 40;

const WORD = 2 ** 32;
const keptStarts = keptFloat64s();

/**
 * The rows of a trace's distinct spans in order of start, then span id, then kind. Of the copies of one span (same id,
 * kind and start) the one that ends last stays; its content decides where the ends are equal too, so that the order
 * of arrival never does.
 */
export function distinctRows(c: SpanColumns): Int32Array {
  const { n, time } = c;
  const rows = int32s(n); // not a lent one: `locateAttributes` knows a trace by it
  // From the first row's: exact up to 104 days, and rounded farther away, so that different ones are in the right order.
  const starts = keptStarts(n);
  for (let row = 0; row < n; row++) {
    rows[row] = row;
    starts[row] = (time[row * 4 + 1] - time[1]) * WORD + (time[row * 4] - time[0]);
  }
  const order = (a: number, b: number) => starts[a] - starts[b] || byIdentity(c, a, b) || byContent(c, a, b);
  if (n > FEW) rows.sort(order);
  else {
    for (let row = 1; row < n; row++) {
      const start = starts[row];
      let at = row;
      for (; at > 0; at--) {
        const before = rows[at - 1];
        if (starts[before] < start || (starts[before] === start && order(before, row) <= 0)) break;
        rows[at] = before;
      }
      rows[at] = row;
    }
  }
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const last = kept === 0 ? -1 : rows[kept - 1];
    if (last < 0 || starts[last] !== starts[row] || byIdentity(c, last, row) !== 0) rows[kept++] = row;
  }
  return kept === n ? rows : rows.subarray(0, kept);
}
