/**
 * Typed arrays of a few entries, all zero, cut out of a common buffer that is never used again: an ArrayBuffer of its own
 * costs V8 0.6 µs, a view on one 0.04, and a trace takes about a hundred of them.
 */

const CHUNK = 1 << 16;
/** Bytes: longer ones get a buffer of their own, so that little of a chunk is left over. */
const LONGEST = CHUNK >> 3;

let chunk = new ArrayBuffer(CHUNK);
let used = 0;

/** Where so many bytes of `chunk` begin that nobody has. */
function take(bytes: number): number {
  if (used + bytes > CHUNK) {
    chunk = new ArrayBuffer(CHUNK);
    used = 0;
  }
  const at = used;
  used += (bytes + 7) & ~7;
  return at;
}

export function uint8s(n: number): Uint8Array<ArrayBuffer> {
  if (n > LONGEST) return new Uint8Array(n);
  const at = take(n);
  return new Uint8Array(chunk, at, n);
}

export function int32s(n: number): Int32Array<ArrayBuffer> {
  if (n * 4 > LONGEST) return new Int32Array(n);
  const at = take(n * 4);
  return new Int32Array(chunk, at, n);
}

export function float64s(n: number): Float64Array<ArrayBuffer> {
  if (n * 8 > LONGEST) return new Float64Array(n);
  const at = take(n * 8);
  return new Float64Array(chunk, at, n);
}

/** From so many on V8's own `fill`, a call into C++, is faster. */
const MANY = 100;

/** The first `n` all of `value`. */
export function fillRows(rows: Int32Array, n: number, value: number): Int32Array {
  if (n > MANY) return rows.fill(value, 0, n);
  for (let i = 0; i < n; i++) rows[i] = value;
  return rows;
}

/** Up to so many entries are sorted here: V8's sort makes a state of 1.4 KB for each array, or copies it twice. */
const FEW = 40;

/** Sorts in place as `items.sort(compare)` does: equal ones keep their order. */
export function sortFew<T>(items: T[], compare: (a: T, b: T) => number): T[] {
  if (items.length > FEW) return items.sort(compare);
  for (let i = 1; i < items.length; i++) {
    const item = items[i];
    let at = i;
    for (; at > 0 && compare(items[at - 1], item) > 0; at--) items[at] = items[at - 1];
    items[at] = item;
  }
  return items;
}

/** The same for rows[from, to). */
export function sortRows(
  rows: Int32Array,
  to: number,
  compare: (a: number, b: number) => number,
  from = 0,
): Int32Array {
  if (to - from > FEW) {
    rows.subarray(from, to).sort(compare);
    return rows;
  }
  for (let i = from + 1; i < to; i++) {
    const row = rows[i];
    let at = i;
    for (; at > from && compare(rows[at - 1], row) > 0; at--) rows[at] = rows[at - 1];
    rows[at] = row;
  }
  return rows;
}

/** The first `n` numbers (no NaN), rising, in place. */
export function sortRising<A extends Float64Array>(values: A, n: number = values.length): A {
  if (n > FEW) {
    values.subarray(0, n).sort();
    return values;
  }
  for (let i = 1; i < n; i++) {
    const value = values[i];
    let at = i;
    for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
    values[at] = value;
  }
  return values;
}
