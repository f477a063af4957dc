import { hex } from '#schemas/otlp/wire.ts';
import { grown } from '../grown.ts';
import { bucketOf, sameId } from './trace-ids.ts';

/**
 * Trace ids with their tenant's number, by slot: a hash table with chains of buckets through columns of numbers, 24 bytes a
 * slot and 4 a bucket. Which slots are taken, and what else stands in them, is its owner's to know.
 */
export class TraceTable {
  #bits: number;
  #bytes: Uint8Array;
  #words: Uint32Array;
  #tenants: Int32Array;
  /** Chain of a bucket. */
  #next: Int32Array;
  #buckets: Int32Array;

  /** Room for 2^bits at first. */
  constructor(bits: number) {
    this.#bits = bits;
    this.#bytes = new Uint8Array(16 << bits);
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#tenants = new Int32Array(1 << bits);
    this.#next = new Int32Array(1 << bits);
    this.#buckets = new Int32Array(1 << bits).fill(-1);
  }

  /** Slots there is room for. */
  get room(): number {
    return this.#tenants.length;
  }

  /** The ids' words: those of a slot begin at its number times four. */
  get words(): Uint32Array {
    return this.#words;
  }

  tenantOf(slot: number): number {
    return this.#tenants[slot];
  }

  /** 32 hex digits. */
  idOf(slot: number): string {
    return hex(this.#bytes, slot * 16, slot * 16 + 16);
  }

  /** The slot of the id in four words from `at` on, and a tenant; -1 without one. */
  find(words: Uint32Array, at: number, tenant: number): number {
    let slot = this.#buckets[bucketOf(words, at, tenant, this.#bits)];
    while (slot >= 0 && !(this.#tenants[slot] === tenant && sameId(this.#words, slot * 4, words, at)))
      slot = this.#next[slot];
    return slot;
  }

  /** Into a slot that is not taken; the table has no such id yet. */
  put(slot: number, words: Uint32Array, at: number, tenant: number): void {
    for (let i = 0; i < 4; i++) this.#words[slot * 4 + i] = words[at + i];
    this.#tenants[slot] = tenant;
    this.link(slot);
  }

  /** What stands in the slot is found no more. */
  remove(slot: number): void {
    const bucket = this.#bucketOf(slot);
    let before = this.#buckets[bucket];
    if (before === slot) this.#buckets[bucket] = this.#next[slot];
    else {
      while (this.#next[before] !== slot) before = this.#next[before];
      this.#next[before] = this.#next[slot];
    }
  }

  /** Less than nothing where the id at `a` comes before that at `b`, in the order of their hex digits. */
  compareIds(a: number, b: number): number {
    for (let i = 0; i < 16; i++) {
      const difference = this.#bytes[a * 16 + i] - this.#bytes[b * 16 + i];
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Twice the room. The slots are counted from `head` on now, around the end; each that is taken is to be linked again. */
  grow(head = 0): void {
    this.#bits++;
    this.#bytes = turned(this.#bytes, head * 16);
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#tenants = turned(this.#tenants, head);
    this.#next = new Int32Array(1 << this.#bits);
    this.#buckets = new Int32Array(1 << this.#bits).fill(-1);
  }

  /** Makes what stands in a slot be found, after `grow`. */
  link(slot: number): void {
    const bucket = this.#bucketOf(slot);
    this.#next[slot] = this.#buckets[bucket];
    this.#buckets[bucket] = slot;
  }

  #bucketOf(slot: number): number {
    return bucketOf(this.#words, slot * 4, this.#tenants[slot], this.#bits);
  }
}

/** A column of twice the length that begins with what stood from `head` on. */
export function turned<C extends Uint8Array | Int32Array | Float64Array>(column: C, head: number): C {
  const longer = grown(column.subarray(head) as C, column.length * 2);
  longer.set(column.subarray(0, head) as never, column.length - head);
  return longer;
}
