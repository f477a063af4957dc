import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { int32s, sortRows, uint32s } from './arrays.ts';

/** Big-endian words of the 8-byte ids in `ids`: two a row, high then low. Comparing them compares the bytes. */
export function idWords(ids: Uint8Array, n: number): Uint32Array {
  const words = uint32s(n * 2);
  const view = new DataView(ids.buffer, ids.byteOffset, n * 8);
  for (let i = 0; i < n * 2; i++) words[i] = view.getUint32(i * 4);
  return words;
}

function bytesOf(c: SpanColumns, row: number, offset: Int32Array, length: Int32Array): Uint8Array {
  return c.buffers[c.buffer[row]].subarray(offset[row], offset[row] + length[row]);
}

/**
 * The rows of a trace's distinct spans in order of start, then span id, then kind. Of the copies of one span (same id,
 * kind and start) the one that ends last stays; its content decides where the ends are equal too, so that the order
 * of arrival never does.
 */
export function distinctRows(c: SpanColumns): Int32Array {
  const ids = idWords(c.spanId, c.n);
  const { time, kind, status } = c;
  const byIdentity = (a: number, b: number): number =>
    time[a * 4 + 1] - time[b * 4 + 1] ||
    time[a * 4] - time[b * 4] ||
    ids[a * 2] - ids[b * 2] ||
    ids[a * 2 + 1] - ids[b * 2 + 1] ||
    kind[a] - kind[b];
  const byContent = (a: number, b: number): number =>
    time[b * 4 + 3] - time[a * 4 + 3] ||
    time[b * 4 + 2] - time[a * 4 + 2] ||
    status[b] - status[a] ||
    Buffer.compare(bytesOf(c, a, c.spanOffset, c.spanLength), bytesOf(c, b, c.spanOffset, c.spanLength)) ||
    Buffer.compare(
      bytesOf(c, a, c.resourceOffset, c.resourceLength),
      bytesOf(c, b, c.resourceOffset, c.resourceLength),
    );
  const rows = int32s(c.n);
  for (let i = 0; i < c.n; i++) rows[i] = i;
  sortRows(rows, (a, b) => byIdentity(a, b) || byContent(a, b));
  let kept = 0;
  for (let i = 0; i < rows.length; i++)
    if (kept === 0 || byIdentity(rows[kept - 1], rows[i]) !== 0) rows[kept++] = rows[i];
  return rows.subarray(0, kept);
}
