/** The distinct Strings of a LowCardinality column, numbered as they come. */
import { randomBytes } from 'node:crypto';
import { hashBytes, sameBytes, wordsOf } from '#schemas/otlp/words.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';

/** Nobody can choose keys that collide. */
const SEED = randomBytes(4).readInt32LE();

const RECENT = 64;

export class Dictionary {
  /** The keys as Strings, one after another. */
  readonly keys = new RowBuffer(256);
  size = 0;
  /** Where each key's bytes stand in `keys`: from, to. */
  #bounds = new Int32Array(2 * 64);
  /** Open addressing; a key's number + 1. */
  #slots = new Int32Array(128);
  #hashes = new Int32Array(64);
  /** By a few of a key's bytes: the number of the one that was asked for last. */
  readonly #recent = new Int32Array(RECENT);

  clear(): void {
    if (this.size === 0) return;
    this.size = 0;
    this.keys.length = 0;
    this.#slots.fill(0);
  }

  /** The number of the key b[from, to). */
  idOf(b: Uint8Array, from: number, to: number): number {
    const words = wordsOf(b);
    const few = to - from < 4 ? to - from : words.getInt32(to - 4, true) ^ (to - from);
    const spot = Math.imul(few, 0x9e3779b1) >>> 26;
    const recent = this.#recent[spot];
    if (this.isKey(recent, words, from, to)) return recent;
    const id = this.#find(b, words, from, to);
    this.#recent[spot] = id;
    return id;
  }

  #find(b: Uint8Array, words: DataView, from: number, to: number): number {
    const hash = hashBytes(words, from, to, SEED);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] - 1;
      if (id < 0) return this.#add(b, from, to, hash, slot);
      if (this.#hashes[id] === hash && this.isKey(id, words, from, to)) return id;
    }
  }

  /** Are the bytes [from, to) the key of this number, if it has one? Cheaper than to look for it. */
  isKey(id: number, words: DataView, from: number, to: number): boolean {
    const at = this.#bounds[id * 2];
    const size = to - from;
    return (
      id < this.size &&
      this.#bounds[id * 2 + 1] - at === size &&
      sameBytes(this.keys.asWords, at, words, from, size)
    );
  }

  #add(b: Uint8Array, from: number, to: number, hash: number, slot: number): number {
    const id = this.size++;
    if (id === this.#hashes.length) this.#grow();
    this.keys.string(b, from, to);
    this.#bounds[id * 2] = this.keys.length - (to - from);
    this.#bounds[id * 2 + 1] = this.keys.length;
    this.#hashes[id] = hash;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    else this.#slots[slot] = id + 1;
    return id;
  }

  #grow(): void {
    const bounds = new Int32Array(this.#bounds.length * 2);
    bounds.set(this.#bounds);
    this.#bounds = bounds;
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let id = 0; id < this.size; id++) {
      let slot = this.#hashes[id] & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id + 1;
    }
  }
}
