/** Attribute keys that are looked for together: one walk over a message finds them all, without making strings. */
import { type AttributeValue, attributeValue, findAttribute, keyValueAt } from './attributes.ts';
import { KeyValue, Span } from './fields.ts';
import { lengthEnd, next, skip, tag, WireFault } from './wire.ts';

/** What `locate` found is not to be relied on. */
const MALFORMED = -1;
/** `placeOf`: the message has no such attribute. */
export const ABSENT = -1;
/** `placeOf`: it may have, see MALFORMED. */
export const UNKNOWN = -2;
const MOST_KEYS = 30;
/** In `found`: the message is a span with links. */
const LINKS = 1 << MOST_KEYS;
const SLOTS = 256;

/** Where the values of a set's keys stand in some messages, by row: one entry of `found` and `width` of `at` for each. */
export interface Located {
  /** A bit for each key that the row has; MALFORMED: its keys are to be looked for one by one. */
  readonly found: Int32Array;
  /** From and to of each key's value (an AnyValue message), two for each key of a row. */
  readonly at: Int32Array;
}

export class KeySet {
  /** Entries of a row in `Located.at`. */
  readonly width: number;
  readonly keys: readonly string[];
  readonly #field: number;
  readonly #index: ReadonlyMap<string, number>;
  readonly #bytes: readonly Uint8Array[];
  /** By hash of a key its index; -1 where there is none. */
  readonly #slots = new Int8Array(SLOTS).fill(-1);

  /** At most 30 keys of less than 128 bytes; `field`: see ATTRIBUTES_OF. */
  constructor(field: number, keys: readonly string[]) {
    if (keys.length > MOST_KEYS) throw new Error(`a set of ${keys.length} keys, ${MOST_KEYS} are possible`);
    this.#field = field;
    this.keys = keys;
    this.width = keys.length * 2;
    this.#index = new Map(keys.map((key, index) => [key, index]));
    this.#bytes = keys.map((key) => Buffer.from(key));
    for (const [index, bytes] of this.#bytes.entries()) {
      let slot = slotOf(bytes, 0, bytes.length);
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

  /** False where a span surely has no links. */
  mayLink({ found }: Located, row: number): boolean {
    return (found[row] & LINKS) !== 0; // MALFORMED has every bit
  }

  /** As `findAttribute` of that message, once it is located. */
  read(
    b: Uint8Array,
    offset: number,
    length: number,
    located: Located,
    row: number,
    key: string,
  ): AttributeValue | undefined {
    const index = this.indexOf(key);
    const at = index < 0 ? UNKNOWN : this.placeOf(located, row, index);
    if (at === ABSENT) return undefined;
    if (at === UNKNOWN) return findAttribute(b, offset, length, this.#field, key);
    return attributeValue(b, located.at[at], located.at[at + 1]);
  }

  #locate(b: Uint8Array, offset: number, length: number, into: Int32Array, at: number): number {
    const end = offset + length;
    if (offset < 0 || length < 0 || end > b.length) return 0;
    const wanted = this.#field * 8 + 2;
    let found = 0;
    for (let p = offset; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      if (field !== wanted) {
        if (field === Span.links) found |= LINKS;
        p = skip(b, start, end, field);
        continue;
      }
      p = lengthEnd(b, start, end);
      const from = next;
      // The usual layout: a short key, then the value, and nothing else.
      const keyAt = from + 2;
      const keyEnd = keyAt + b[from + 1];
      const usual =
        b[from] === KeyValue.key && b[from + 1] < 0x80 && keyEnd < p && b[keyEnd] === KeyValue.value;
      if (usual && lengthEnd(b, keyEnd + 1, p) === p) {
        const valueAt = next;
        const index = this.#find(b, keyAt, keyEnd);
        if (index < 0 || ((found >>> index) & 1) === 1) continue;
        found |= 1 << index;
        into[at + index * 2] = valueAt;
        into[at + index * 2 + 1] = p;
        continue;
      }
      const pair = keyValueAt(b, from, p);
      const index = this.#find(b, pair.keyAt, pair.keyEnd);
      if (index < 0 || ((found >>> index) & 1) === 1) continue;
      found |= 1 << index;
      into[at + index * 2] = pair.valueAt;
      into[at + index * 2 + 1] = pair.valueEnd;
    }
    return found;
  }

  #find(b: Uint8Array, from: number, end: number): number {
    if (from === end) return -1;
    let slot = slotOf(b, from, end);
    for (let index = this.#slots[slot]; index >= 0; index = this.#slots[slot]) {
      if (isKey(this.#bytes[index], b, from, end)) return index;
      slot = (slot + 1) % SLOTS;
    }
    return -1;
  }
}

/** Of a key's length, its first and its last byte: keys of one convention mostly begin alike. */
function slotOf(b: Uint8Array, from: number, end: number): number {
  return ((end - from) * 37 + b[from] * 5 + b[end - 1] * 11) % SLOTS;
}

function isKey(key: Uint8Array, b: Uint8Array, from: number, end: number): boolean {
  if (key.length !== end - from) return false;
  for (let i = 0; i < key.length; i++) if (b[from + i] !== key[i]) return false;
  return true;
}
