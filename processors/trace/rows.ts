import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { int32s } from './arrays.ts';
import { keptUint32s } from './scratch.ts';

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

/** Entries of a span's identity: its start and its id, high word first, and its kind. */
const WIDTH = 5;
const keptIdentities = keptUint32s();

function identitiesOf(c: SpanColumns, into: Uint32Array): void {
  const { time, kind, spanId, n } = c;
  for (let row = 0; row < n; row++) {
    const at = row * 8;
    const to = row * WIDTH;
    into[to] = time[row * 4 + 1];
    into[to + 1] = time[row * 4];
    into[to + 2] = (spanId[at] << 24) | (spanId[at + 1] << 16) | (spanId[at + 2] << 8) | spanId[at + 3];
    into[to + 3] = (spanId[at + 4] << 24) | (spanId[at + 5] << 16) | (spanId[at + 6] << 8) | spanId[at + 7];
    into[to + 4] = kind[row];
  }
}

function byIdentity(identities: Uint32Array, a: number, b: number): number {
  let x = a * WIDTH;
  let y = b * WIDTH;
  for (let k = 0; k < WIDTH; k++, x++, y++)
    if (identities[x] !== identities[y]) return identities[x] - identities[y];
  return 0;
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

/** Up to so many rows are put where they belong one by one: they mostly come nearly in order. */
const FEW = 40;

/**
 * The rows of a trace's distinct spans in order of start, then span id, then kind. Of the copies of one span (same id,
 * kind and start) the one that ends last stays; its content decides where the ends are equal too, so that the order
 * of arrival never does.
 */
export function distinctRows(c: SpanColumns): Int32Array {
  const { n } = c;
  const identities = keptIdentities(n * WIDTH);
  identitiesOf(c, identities);
  const rows = int32s(n);
  for (let row = 0; row < n; row++) rows[row] = row;
  if (n > FEW) rows.sort((a, b) => byIdentity(identities, a, b) || byContent(c, a, b));
  else {
    for (let row = 1; row < n; row++) {
      let at = row;
      for (; at > 0; at--) {
        const before = rows[at - 1];
        const order = byIdentity(identities, before, row);
        if (order < 0 || (order === 0 && byContent(c, before, row) <= 0)) break;
        rows[at] = before;
      }
      rows[at] = row;
    }
  }
  let kept = 0;
  for (let i = 0; i < n; i++)
    if (kept === 0 || byIdentity(identities, rows[kept - 1], rows[i]) !== 0) rows[kept++] = rows[i];
  return kept === n ? rows : rows.subarray(0, kept);
}
