import { AnyValue, KeyValue } from '#schemas/otlp/fields.ts';
import { lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { wordsOf } from '#schemas/otlp/words.ts';
import { writeAnyValue } from '../otel-traces/any-value.ts';
import { Ranges } from '../otlp/ranges.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { type Column, LowCardinality, type Store } from './column.ts';
import { Ids } from './ids.ts';

/** Of the map that is being read. */
const pairs = new Ranges();
const values = new Ranges();

/** A tag and a length of the pair, of its key and of its value, and a value of two bytes. */
const LEAST_PAIR = 8;
/** Of two tags, each with a length of one byte: what is the same whatever the lengths are. */
const TAGS = 0x80ff80ff | 0;
const SHORT_STRING = KeyValue.value | (AnyValue.string << 16);

/** Where a map stands in its column. */
export interface Place {
  readonly keys: number;
  readonly size: number;
  readonly values: number;
  readonly valueBytes: number;
}

/** Map(LowCardinality(String), String) of OTLP attributes: an array of keys and one of values. */
export class AttributesColumn implements Column {
  readonly type = 'Map(LowCardinality(String), String)';
  readonly #sizes = new Ids();
  readonly #keys = new LowCardinality();
  readonly #values = new RowBuffer(256);
  readonly stores: readonly Store[] = [this.#sizes, this.#keys.ids, this.#values];
  /** By key: the number of the map that had it last. */
  #seenIn = new Float64Array(64);
  /** By key: the one that came after it last; spans of one kind have theirs in one order. */
  #after = new Int32Array(64);
  #last = 0;
  #map = 0;
  /** Of the map that was begun: what there was before. */
  #keysBefore = 0;
  #valuesBefore = 0;
  /** Of the last map: the bytes of its values. */
  #valueBytes = 0;

  /**
   * Appends the map of the KeyValue messages that the message b[from, end) has as its fields `wanted` (a tag of one byte); of
   * a repeated key the first counts, as everywhere in ATI.
   */
  add(b: Uint8Array, from: number, end: number, wanted: number): void {
    const words = wordsOf(b);
    this.begin();
    for (let p = from; p < end; ) {
      if (b[p] === wanted) {
        const to = this.run(b, words, p, end, wanted);
        if (to === p) {
          this.addAny(b, from, end, wanted);
          return;
        }
        p = to;
      } else {
        const field = tag(b, p, end);
        p = skip(b, next, end, field);
      }
    }
    this.end();
  }

  /** Begins a map whose pairs come by `run`. */
  begin(): void {
    this.#map++;
    this.#keysBefore = this.#keys.ids.length;
    this.#valuesBefore = this.#values.length;
  }

  /**
   * Appends pairs that are fields `wanted` (of one byte) of a message, from b[p] on, as long as they stand one after another
   * and are as nearly all are: key, value and nothing else, the value a string, a short integer, a boolean or a double,
   * lengths in one byte or two. Returns where it stopped: at such a field, all of the map is to be made by `addAny`.
   */
  run(b: Uint8Array, words: DataView, p: number, end: number, wanted: number): number {
    const { dictionary, ids } = this.#keys;
    const values = this.#values;
    const map = this.#map;
    // No usual value is longer than its pair, and no pair shorter than that.
    values.room(end - p);
    ids.room((end - p) / LEAST_PAIR);
    const begin = wanted | (KeyValue.key << 16);
    const { items } = ids;
    let count = ids.length;
    let seenIn = this.#seenIn;
    let after = this.#after;
    let last = this.#last;
    let at = p;
    while (at + LEAST_PAIR <= end && b[at] === wanted) {
      const head = words.getInt32(at, true);
      let keyFrom = at + 4;
      let keyTo = keyFrom + (head >>> 24);
      let value = keyTo + 2;
      const tail = keyTo + 4 <= end ? words.getInt32(keyTo, true) : 0;
      let to = value + 2 + (tail >>> 24);
      /** All lengths have one byte, and the value is a string: most are, so two words say it all. */
      const short =
        (head & TAGS) === begin &&
        (tail & TAGS) === SHORT_STRING &&
        to <= end &&
        to - at - 2 === ((head >>> 8) & 0x7f) &&
        to - value === ((tail >>> 8) & 0x7f);
      if (!short) {
        let from = at + 2;
        let size = b[at + 1];
        if (size > 0x7f) {
          size = (size & 0x7f) | (b[from] << 7);
          if (b[from++] > 0x7f) break;
        }
        to = from + size;
        keyFrom = from + 2;
        keyTo = keyFrom + b[from + 1];
        if (to > end || b[from] !== KeyValue.key || b[from + 1] > 0x7f || keyTo + 4 > to) break;
        value = keyTo + 2;
        size = b[keyTo + 1];
        if (size > 0x7f) {
          size = (size & 0x7f) | (b[value] << 7);
          if (b[value++] > 0x7f) break;
        }
        if (b[keyTo] !== KeyValue.value || size < 2 || value + size !== to) break;
      }
      let key = after[last];
      if (!dictionary.isKey(key, words, keyFrom, keyTo)) {
        key = this.#idOf(b, keyFrom, keyTo, last);
        seenIn = this.#seenIn;
        after = this.#after;
      }
      last = key;
      if (seenIn[key] === map) break;
      // What follows may stop, too: then all of the map is made again.
      seenIn[key] = map;
      items[count++] = key;
      // A String is its length and its bytes there, too.
      if (short) values.copy(b, words, value + 1, to);
      else if (!this.#value(b, words, value, to, end)) break;
      at = to;
    }
    this.#last = last;
    ids.length = count;
    return at;
  }

  /** Appends a value of two bytes or more; false (nothing appended) where it is unusual. Keeps room as far as `end`. */
  #value(b: Uint8Array, words: DataView, at: number, to: number, end: number): boolean {
    const values = this.#values;
    const first = b[at + 1];
    switch (b[at]) {
      case AnyValue.string: {
        if (first > 0x7f) {
          const second = b[at + 2];
          if (second > 0x7f || second === 0 || at + 3 + ((first & 0x7f) | (second << 7)) !== to) return false;
        } else if (at + 2 + first !== to) return false;
        values.copy(b, words, at + 1, to);
        return true;
      }
      case AnyValue.int: {
        let number = first & 0x7f;
        let p = at + 1;
        for (let shift = 7; b[p] > 0x7f && shift < 28; shift += 7) number |= (b[++p] & 0x7f) << shift;
        if (b[p] > 0x7f || p + 1 !== to) return false;
        values.decimal(number);
        return true;
      }
      case AnyValue.bool:
        if (to - at !== 2 || first > 1) return false;
        values.text(first === 0 ? 'false' : 'true');
        return true;
      case AnyValue.double:
        if (to - at !== 9) return false;
        writeAnyValue(values, b, at, to);
        values.room(end - to);
        return true;
      default:
        return false;
    }
  }

  /** The map that was begun is whole. */
  end(): void {
    this.#sizes.push(this.#keys.ids.length - this.#keysBefore);
    this.#valueBytes = this.#values.length - this.#valuesBefore;
  }

  /** `add` of a message that may be otherwise than nearly all are, in place of what there is of the map that was begun. */
  addAny(b: Uint8Array, from: number, end: number, wanted: number): void {
    this.#keys.ids.length = this.#keysBefore;
    this.#values.length = this.#valuesBefore;
    this.#map++;
    pairs.n = 0;
    for (let p = from; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      p = skip(b, start, end, field);
      if (field !== wanted) continue;
      lengthEnd(b, start, end);
      pairs.add(next, p);
    }
    values.n = 0;
    for (let i = 0; i < pairs.n; i++) this.#key(b, pairs.from(i), pairs.to(i));
    // Behind the keys: bytes that are wrong in two places are refused for the same one as ever.
    for (let i = 0; i < values.n; i++) writeAnyValue(this.#values, b, values.from(i), values.to(i));
    this.end();
  }

  /** Appends the key of a KeyValue message unless its map has it, and keeps where its value stands. */
  #key(b: Uint8Array, from: number, end: number): void {
    let keyFrom = from;
    let keyTo = from;
    let valueFrom = from;
    let valueTo = from;
    for (let p = from; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      p = skip(b, start, end, field);
      if (field === KeyValue.key) {
        lengthEnd(b, start, end);
        keyFrom = next;
        keyTo = p;
      } else if (field === KeyValue.value) {
        lengthEnd(b, start, end);
        valueFrom = next;
        valueTo = p;
      }
    }
    const key = this.#idOf(b, keyFrom, keyTo, this.#last);
    this.#last = key;
    if (this.#seenIn[key] === this.#map) return;
    this.#seenIn[key] = this.#map;
    this.#keys.ids.push(key);
    values.add(valueFrom, valueTo);
  }

  /** The number of a key that came after the key `last`. */
  #idOf(b: Uint8Array, from: number, to: number, last: number): number {
    const key = this.#keys.dictionary.idOf(b, from, to);
    if (key >= this.#seenIn.length) this.#grow(key);
    this.#after[last] = key;
    return key;
  }

  #grow(key: number): void {
    const size = Math.max(key + 1, this.#seenIn.length * 2);
    const seenIn = new Float64Array(size);
    seenIn.set(this.#seenIn);
    this.#seenIn = seenIn;
    const after = new Int32Array(size);
    after.set(this.#after);
    this.#after = after;
  }

  /** What the last map takes. */
  get lastBytes(): number {
    const { items, length } = this.#sizes;
    return 1 + items[length - 1] + this.#valueBytes;
  }

  /** Where the last map stands, until it is taken back or the column is cleared. */
  get lastPlace(): Place {
    const size = this.#sizes.items[this.#sizes.length - 1];
    const valueBytes = this.#valueBytes;
    return {
      keys: this.#keys.ids.length - size,
      size,
      values: this.#values.length - valueBytes,
      valueBytes,
    };
  }

  /** Appends the map that stands there again. */
  again(place: Place): void {
    this.#sizes.push(place.size);
    this.#keys.ids.again(place.keys, place.size);
    this.#values.again(place.values, place.valueBytes);
    this.#valueBytes = place.valueBytes;
  }

  /** Takes the last map back: `add` was the last to write. */
  drop(): void {
    const { items, length } = this.#sizes;
    this.#keys.ids.length -= items[length - 1];
    this.#values.length -= this.#valueBytes;
    this.#sizes.length--;
  }

  /** Appends the last map so many times more: `add` of this record was the last to write. */
  repeat(times: number): void {
    const { items, length } = this.#sizes;
    const size = items[length - 1];
    this.#sizes.fill(size, times);
    this.#keys.ids.repeat(size, times);
    this.#values.repeat(this.#valueBytes, times);
  }

  prefix(out: RowBuffer): void {
    this.#keys.prefix(out);
  }
  data(out: RowBuffer): void {
    this.#sizes.writeTotals(out);
    this.#keys.data(out);
    out.bytes(this.#values.view());
  }
  clear(): void {
    this.#sizes.length = 0;
    this.#keys.clear();
    this.#values.clear();
  }
}
