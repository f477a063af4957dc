/**
 * Columns as ClickHouse's Native format has them: of a block first its columns' and rows' numbers, then of each column its
 * name, its type and its values. https://clickhouse.com/docs/interfaces/formats/Native
 *
 * A type that contains LowCardinality begins with a version, before the lengths of the arrays that it may be in: hence
 * `prefix` and `data`. Lengths of arrays are kept as they are and written as running totals.
 */
import { RowBuffer } from '../rowbinary/buffer.ts';
import { Dictionary } from './dictionary.ts';
import { Ids } from './ids.ts';

/** Something that grows by appending, and shrinks by setting back its length. */
export interface Store {
  length: number;
}

export interface Column {
  readonly type: string;
  /** What `data` is made of: to be set back together where a record turns out bad. */
  readonly stores: readonly Store[];
  prefix(out: RowBuffer): void;
  data(out: RowBuffer): void;
  clear(): void;
}

/** Values whose bytes are those of RowBinary: numbers, times, Strings. */
export class Plain implements Column {
  readonly type: string;
  readonly values = new RowBuffer(256);
  readonly stores: readonly Store[] = [this.values];

  constructor(type: string) {
    this.type = type;
  }
  prefix(): void {}
  data(out: RowBuffer): void {
    out.bytes(this.values.view());
  }
  clear(): void {
    this.values.clear();
  }
}

const SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS = 1;
const HAS_ADDITIONAL_KEYS = 1 << 9;
const NEED_UPDATE_DICTIONARY = 1 << 10;
/** Bytes of an index, by the number that stands for its type. */
const INDEX_BYTES = [1, 2, 4] as const;

/** LowCardinality(String): a dictionary of the block, and an index into it for each value. */
export class LowCardinality implements Column {
  readonly type = 'LowCardinality(String)';
  readonly dictionary = new Dictionary();
  readonly ids = new Ids();
  readonly stores: readonly Store[] = [this.ids];

  add(b: Uint8Array, from: number, to: number): void {
    this.ids.push(this.dictionary.idOf(b, from, to));
  }
  prefix(out: RowBuffer): void {
    out.words(SHARED_DICTIONARIES_WITH_ADDITIONAL_KEYS, 0);
  }
  data(out: RowBuffer): void {
    if (this.ids.length === 0) return;
    const { size, keys } = this.dictionary;
    const index = size <= 1 << 8 ? 0 : size <= 1 << 16 ? 1 : 2;
    out.words(index | HAS_ADDITIONAL_KEYS | NEED_UPDATE_DICTIONARY, 0);
    out.words(size, 0);
    out.bytes(keys.view());
    out.words(this.ids.length, 0);
    this.ids.write(out, INDEX_BYTES[index]);
  }
  clear(): void {
    this.dictionary.clear();
    this.ids.length = 0;
  }
}

/** LowCardinality(String) of a few known words. */
export class Words extends LowCardinality {
  readonly #words: readonly Uint8Array[];
  /** By word; −1: not in the dictionary yet. */
  readonly #ids: Int32Array;

  constructor(words: readonly string[]) {
    super();
    this.#words = words.map((word) => Buffer.from(word));
    this.#ids = new Int32Array(words.length).fill(-1);
  }
  /** Appends the word of this number; one that there is none of counts as 0. */
  addWord(number: number): void {
    const word = number < this.#words.length ? number : 0;
    if (this.#ids[word] < 0) {
      const bytes = this.#words[word];
      this.#ids[word] = this.dictionary.idOf(bytes, 0, bytes.length);
    }
    this.ids.push(this.#ids[word]);
  }
  override clear(): void {
    super.clear();
    this.#ids.fill(-1);
  }
}

/** Array(of `items`): whoever appends says how many belong together. */
export class ArrayOf<Items extends Column> implements Column {
  readonly type: string;
  readonly items: Items;
  readonly sizes: Ids;
  readonly stores: readonly Store[];

  /** Arrays of one length each, as those of Nested columns, have their `sizes` in common: they are appended once. */
  constructor(items: Items, sizes = new Ids()) {
    this.items = items;
    this.sizes = sizes;
    this.type = `Array(${items.type})`;
    this.stores = [this.sizes, ...items.stores];
  }
  prefix(out: RowBuffer): void {
    this.items.prefix(out);
  }
  data(out: RowBuffer): void {
    this.sizes.writeTotals(out);
    this.items.data(out);
  }
  clear(): void {
    this.sizes.length = 0;
    this.items.clear();
  }
}
