import { AnyValue, KeyValue } from '#schemas/otlp/fields.ts';
import { lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { wordsOf } from '#schemas/otlp/words.ts';
import { writeAnyValue } from '../otel-traces/any-value.ts';
import { Ranges } from '../otlp/ranges.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import { type Column, LowCardinality, type Store } from './column.ts';
import { Ids } from './ids.ts';

/** Of the map that is being read. */
const values = new Ranges();

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

  /** Appends the map of the KeyValue messages at `pairs`; of a repeated key the first counts, as everywhere in ATI. */
  add(b: Uint8Array, pairs: Ranges): void {
    this.begin();
    let i = 0;
    const words = wordsOf(b);
    while (i < pairs.n && this.#addUsual(b, words, pairs.from(i), pairs.to(i))) i++;
    if (i === pairs.n) this.end();
    else this.#addAny(b, pairs);
  }

  /** Begins a map whose pairs come by `run`. */
  begin(): void {
    this.#map++;
    this.#keysBefore = this.#keys.ids.length;
    this.#valuesBefore = this.#values.length;
  }

  /**
   * Appends pairs that are fields `tag` (of one byte) of a message, from b[p] on, as long as they stand one after another
   * and are as nearly all are; returns where it stopped. What is left of them means: the map is to be `add`ed instead.
   */
  run(b: Uint8Array, words: DataView, p: number, end: number, tag: number): number {
    let at = p;
    while (at + 2 < end && b[at] === tag) {
      let from = at + 2;
      let size = b[at + 1];
      if (size > 0x7f) {
        size = (size & 0x7f) | (b[from] << 7);
        if (b[from++] > 0x7f) break;
      }
      if (from + size > end || !this.#addUsual(b, words, from, from + size)) break;
      at = from + size;
    }
    return at;
  }

  /** The map that was begun is whole. */
  end(): void {
    this.#sizes.push(this.#keys.ids.length - this.#keysBefore);
    this.#valueBytes = this.#values.length - this.#valuesBefore;
  }

  /** Drops what there is of the map that was begun. */
  undo(): void {
    this.#keys.ids.length = this.#keysBefore;
    this.#values.length = this.#valuesBefore;
  }

  /** In place of what there is of the map that was begun. */
  #addAny(b: Uint8Array, pairs: Ranges): void {
    this.undo();
    this.#map++;
    values.n = 0;
    for (let i = 0; i < pairs.n; i++) this.#key(b, pairs.from(i), pairs.to(i));
    // Behind the keys: bytes that are wrong in two places are refused for the same one as ever.
    for (let i = 0; i < values.n; i++) writeAnyValue(this.#values, b, values.from(i), values.to(i));
    this.end();
  }

  /**
   * Appends a pair as nearly all are: key, value and nothing else, the value a string, a short integer, a boolean or a
   * double, lengths in one byte or two. False (some of it may be appended) where it is otherwise, or wrong.
   */
  #addUsual(b: Uint8Array, words: DataView, from: number, end: number): boolean {
    if (end - from < 4 || b[from] !== KeyValue.key) return false;
    const keyFrom = from + 2;
    const keyTo = keyFrom + b[from + 1];
    if (b[from + 1] > 0x7f || keyTo + 2 > end || b[keyTo] !== KeyValue.value) return false;
    let at = keyTo + 2;
    let size = b[keyTo + 1];
    if (size > 0x7f) {
      size = (size & 0x7f) | (b[at] << 7);
      if (b[at++] > 0x7f) return false;
    }
    if (size < 2 || at + size !== end) return false;
    const key = this.#idOf(b, words, keyFrom, keyTo);
    if (this.#seenIn[key] === this.#map) return false;
    this.#seenIn[key] = this.#map;
    this.#keys.ids.push(key);
    return this.#addUsualValue(b, words, at, end);
  }

  /** Of an AnyValue message of two bytes or more. */
  #addUsualValue(b: Uint8Array, words: DataView, at: number, end: number): boolean {
    const first = b[at + 1];
    switch (b[at]) {
      case AnyValue.string: {
        // A String is its length and its bytes there, too.
        const long = first > 0x7f;
        if (long && (end - at < 3 || b[at + 2] > 0x7f || b[at + 2] === 0)) return false;
        if (long ? at + 3 + ((first & 0x7f) | (b[at + 2] << 7)) !== end : at + 2 + first !== end)
          return false;
        this.#values.copy(b, words, at + 1, end);
        return true;
      }
      case AnyValue.int: {
        let value = first & 0x7f;
        let p = at + 1;
        for (let shift = 7; b[p] > 0x7f; shift += 7) {
          if (++p === end || shift > 21) return false;
          value |= (b[p] & 0x7f) << shift;
        }
        if (p + 1 !== end) return false;
        this.#values.decimal(value);
        return true;
      }
      case AnyValue.bool:
        if (end - at !== 2 || first > 1) return false;
        this.#values.text(first === 0 ? 'false' : 'true');
        return true;
      case AnyValue.double:
        if (end - at !== 9) return false;
        writeAnyValue(this.#values, b, at, end);
        return true;
      default:
        return false;
    }
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
    const key = this.#idOf(b, wordsOf(b), keyFrom, keyTo);
    if (this.#seenIn[key] === this.#map) return;
    this.#seenIn[key] = this.#map;
    this.#keys.ids.push(key);
    values.add(valueFrom, valueTo);
  }

  #idOf(b: Uint8Array, words: DataView, from: number, to: number): number {
    const { dictionary } = this.#keys;
    const guess = this.#after[this.#last];
    let key = guess;
    if (guess >= dictionary.size || !dictionary.isKey(guess, words, from, to)) {
      key = dictionary.idOf(b, from, to);
      if (key >= this.#seenIn.length) this.#grow(key);
      this.#after[this.#last] = key;
    }
    this.#last = key;
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
