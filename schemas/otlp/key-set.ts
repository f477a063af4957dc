/** Attribute keys that are looked for together: one walk over a message finds them all, without making strings. */
import { type AttributeValue, attributeValue, findAttribute, keyValueAt } from './attributes.ts';
import { KeyValue, Span } from './fields.ts';
import { BYTES, FIRST_TAG, LONG, lengthEnd, next, skip, tag, WireFault } from './wire.ts';
import { sameBytes, wordsOf } from './words.ts';

/** What `locate` found is not to be relied on. */
const MALFORMED = -1;
/** `placeOf`: the message has no such attribute. */
export const ABSENT = -1;
/** `placeOf`: it may have, see MALFORMED. */
export const UNKNOWN = -2;
const MOST_KEYS = 30;
/** In `found`: the message is a span with links. */
export const LINKS = 1 << MOST_KEYS;
const SLOTS = 256;
/** Bytes of a span's two ids, and of its kind and times. */
const IDS = 28;
const TIMES = 20;

/** Where the values of a set's keys stand in some messages, by row: one entry of `found` and `width` of `at` for each. */
export interface Located {
  /** A bit for each key that the row has; MALFORMED: its keys are to be looked for one by one. */
  readonly found: Int32Array;
  /** From and to of each key's value (an AnyValue message), two for each key of a row. */
  readonly at: Int32Array;
}

/** For so many messages. */
export const roomFor = (set: KeySet, rows: number): Located => ({
  found: new Int32Array(rows),
  at: new Int32Array(rows * set.width),
});

export class KeySet {
  /** Entries of a row in `Located.at`. */
  readonly width: number;
  readonly keys: readonly string[];
  readonly #field: number;
  readonly #index: ReadonlyMap<string, number>;
  /** The tag of the attributes. */
  readonly #wanted: number;
  /** The keys' bytes one after another; key i at text[bounds[i], bounds[i + 1]). */
  readonly #text: DataView;
  readonly #bounds: Int32Array;
  /** By hash of a key its index; -1 where there is none. */
  readonly #slots = new Int8Array(SLOTS).fill(-1);

  /** At most 30 keys of less than 128 bytes; `field`: see ATTRIBUTES_OF. */
  constructor(field: number, keys: readonly string[]) {
    if (keys.length > MOST_KEYS) throw new Error(`a set of ${keys.length} keys, ${MOST_KEYS} are possible`);
    this.#field = field;
    this.keys = keys;
    this.width = keys.length * 2;
    this.#index = new Map(keys.map((key, index) => [key, index]));
    const bytes = keys.map((key) => Buffer.from(key));
    this.#wanted = field * 8 + BYTES;
    this.#text = new DataView(Uint8Array.from(Buffer.concat(bytes)).buffer);
    this.#bounds = new Int32Array(keys.length + 1);
    for (const [index, key] of bytes.entries()) {
      this.#bounds[index + 1] = this.#bounds[index] + key.length;
      let slot = slotOf(key, 0, key.length);
      while (this.#slots[slot] >= 0) slot = (slot + 1) % SLOTS;
      this.#slots[slot] = index;
    }
  }

  /** The key's place in the set; -1 where it is not in it. */
  indexOf(key: string): number {
    return this.#index.get(key) ?? -1;
  }

  /** Finds the first of each key in the message at b[offset, offset + length). */
  locate(b: Uint8Array, offset: number, length: number, into: Located, row: number): void {
    try {
      into.found[row] = this.#locate(b, offset, length, into.at, row * this.width);
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      into.found[row] = MALFORMED;
    }
  }

  /** Where in `located.at` the bounds of the key's value stand; ABSENT or UNKNOWN. */
  placeOf(located: Located, row: number, index: number): number {
    const found = located.found[row];
    if (found === MALFORMED) return UNKNOWN;
    return ((found >>> index) & 1) === 0 ? ABSENT : row * this.width + index * 2;
  }

  /** False where surely no row has the key of that index, of rows whose `found` are or'ed together: MALFORMED has every bit. */
  mayHave(found: number, index: number): boolean {
    return index < 0 || ((found >>> index) & 1) === 1;
  }

  /** False where surely none of them is a span with links. */
  mayLink(found: number): boolean {
    return (found & LINKS) !== 0;
  }

  /** As `findAttribute` of that message, once it is located. */
  read(
    b: Uint8Array,
    offset: number,
    length: number,
    located: Located,
    row: number,
    key: string,
    index = this.indexOf(key),
  ): AttributeValue | undefined {
    const at = index < 0 ? UNKNOWN : this.placeOf(located, row, index);
    if (at === ABSENT) return undefined;
    if (at === UNKNOWN) return findAttribute(b, offset, length, this.#field, key);
    return attributeValue(b, located.at[at], located.at[at + 1]);
  }

  #locate(b: Uint8Array, offset: number, length: number, into: Int32Array, at: number): number {
    const end = offset + length;
    if (offset < 0 || length < 0 || end > b.length) return 0;
    const wanted = this.#wanted;
    let found = 0;
    for (let p = wanted === Span.attributes ? behindHead(b, offset, end) : offset; p < end; ) {
      const field = b[p];
      const size = p + 1 < end ? b[p + 1] : LONG;
      // Nearly all fields have a tag of one byte and a length of one byte; the rest takes the careful way.
      if (field === wanted && size < LONG) {
        const from = p + 2;
        p = from + size;
        if (p > end) return MALFORMED;
        found = this.take(b, from, p, into, at, found);
      } else if ((field & 7) === BYTES && field >= FIRST_TAG && field < LONG && size < LONG) {
        if (field === Span.links) found |= LINKS;
        p += 2 + size;
        if (p > end) return MALFORMED;
      } else if (field === Span.startTimeUnixNano || field === Span.endTimeUnixNano) {
        p += 9;
        if (p > end) return MALFORMED;
      } else {
        const tagged = tag(b, p, end);
        const start = next;
        p = skip(b, start, end, tagged);
        if (tagged === Span.links) found |= LINKS;
        else if (tagged === wanted) {
          lengthEnd(b, start, end);
          found = this.takeLong(b, next, p, into, at, found);
        }
      }
    }
    return found;
  }

  /**
   * The KeyValue at b[from, end), of less than 128 bytes: `found` with its key, the bounds of whose value are written to
   * `into` from `at` on.
   */
  take(b: Uint8Array, from: number, end: number, into: Int32Array, at: number, found: number): number {
    const keyAt = from + 2;
    const keyEnd = keyAt + b[from + 1];
    // The usual layout: a short key, then a short value, and nothing else.
    if (
      b[from] !== KeyValue.key ||
      keyEnd + 1 >= end ||
      b[keyEnd] !== KeyValue.value ||
      keyEnd + 2 + b[keyEnd + 1] !== end
    )
      return this.takeLong(b, from, end, into, at, found);
    // Most keys are of no interest: nothing stands in their slot.
    if (keyEnd === keyAt || this.#slots[slotOf(b, keyAt, keyEnd)] < 0) return found;
    const index = this.#find(b, keyAt, keyEnd);
    if (index < 0 || ((found >>> index) & 1) === 1) return found;
    into[at + index * 2] = keyEnd + 2;
    into[at + index * 2 + 1] = end;
    return found | (1 << index);
  }

  /** As `take`, of any length and layout. */
  takeLong(b: Uint8Array, from: number, end: number, into: Int32Array, at: number, found: number): number {
    try {
      const pair = keyValueAt(b, from, end);
      const index = this.#find(b, pair.keyAt, pair.keyEnd);
      if (index < 0 || ((found >>> index) & 1) === 1) return found;
      into[at + index * 2] = pair.valueAt;
      into[at + index * 2 + 1] = pair.valueEnd;
      return found | (1 << index);
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      return MALFORMED;
    }
  }

  /** The index of the key at b[from, end); -1 where it is not in the set. */
  #find(b: Uint8Array, from: number, end: number): number {
    if (from === end) return -1;
    const bounds = this.#bounds;
    const text = this.#text;
    const length = end - from;
    const words = wordsOf(b);
    let slot = slotOf(b, from, end);
    for (let index = this.#slots[slot]; index >= 0; index = this.#slots[slot]) {
      const at = bounds[index];
      if (bounds[index + 1] - at === length && sameBytes(words, from, text, at, length)) return index;
      slot = (slot + 1) % SLOTS;
    }
    return -1;
  }
}

/**
 * The position behind what SDKs write first into the Span message b[offset, end): ids, name, kind and times, of which
 * nothing is sought. `offset` where the message begins in another way.
 */
function behindHead(b: Uint8Array, offset: number, end: number): number {
  let p = offset + IDS;
  if (p + IDS > end) return offset;
  if (b[offset] !== Span.traceId || b[offset + 1] !== 16 || b[p - 10] !== Span.spanId || b[p - 9] !== 8)
    return offset;
  if (b[p] === Span.parentSpanId && b[p + 1] === 8) p += 10;
  if (b[p] !== Span.name || b[p + 1] >= LONG) return p;
  const name = p;
  p += 2 + b[p + 1];
  if (p + TIMES > end) return name;
  if (b[p] === Span.kind && b[p + 1] < LONG && b[p + 2] === Span.startTimeUnixNano) p += 11;
  return b[p] === Span.endTimeUnixNano && p + 9 <= end ? p + 9 : p;
}

/** Of a key's length, its first and its last byte: keys of one convention mostly begin alike. */
function slotOf(b: Uint8Array, from: number, end: number): number {
  return ((end - from) * 37 + b[from] * 5 + b[end - 1] * 11) % SLOTS;
}
