import { grown } from '../grown.ts';
import { bucketOf, sameId } from './trace-ids.ts';

/** First capacity, and how many buckets: a power of two. */
const FIRST_BITS = 8;

/**
 * Ids of closed traces, each until its expiry (ms of the log's clock), so that a straggling span starts no ghost trace.
 * One for each tenant (by number) and trace id (four words); a later expiry wins.
 *
 * There is one for every trace of the last minutes: 36 bytes each in a ring, in order of coming, with chains of buckets
 * through it.
 */
export class Tombstones {
  #bits = FIRST_BITS;
  #ids = new Uint32Array(4 << FIRST_BITS);
  #tenants = new Int32Array(1 << FIRST_BITS);
  /** -Infinity: nothing stands here any more. */
  #expiry = new Float64Array(1 << FIRST_BITS);
  #next = new Int32Array(1 << FIRST_BITS);
  #buckets = new Int32Array(1 << FIRST_BITS).fill(-1);
  /** Of the ring: the oldest, and how many from there on. */
  #head = 0;
  #used = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(words: Uint32Array, at: number, tenant: number, expiry: number): void {
    const known = this.#find(words, at, tenant);
    if (known >= 0) {
      if (this.#expiry[known] >= expiry) return;
      // Put at the end again: the ring stays nearly in order of expiry, which `purge` relies on for speed alone.
      this.#remove(known);
    }
    if (this.#used === this.#tenants.length) this.#grow();
    const slot = (this.#head + this.#used++) & (this.#tenants.length - 1);
    for (let i = 0; i < 4; i++) this.#ids[slot * 4 + i] = words[at + i];
    this.#tenants[slot] = tenant;
    this.#expiry[slot] = expiry;
    this.#link(slot);
    this.#size++;
  }

  covers(words: Uint32Array, at: number, tenant: number, clock: number): boolean {
    const known = this.#find(words, at, tenant);
    return known >= 0 && clock < this.#expiry[known];
  }

  /** Frees what has expired, from the oldest on; an expired one that stays covers nothing. */
  purge(clock: number): void {
    while (this.#used > 0 && this.#expiry[this.#head] <= clock) {
      if (this.#expiry[this.#head] !== -Infinity) this.#remove(this.#head);
      this.#head = (this.#head + 1) & (this.#tenants.length - 1);
      this.#used--;
    }
  }

  #find(words: Uint32Array, at: number, tenant: number): number {
    let slot = this.#buckets[bucketOf(words, at, tenant, this.#bits)];
    while (slot >= 0 && !(this.#tenants[slot] === tenant && sameId(this.#ids, slot * 4, words, at)))
      slot = this.#next[slot];
    return slot;
  }

  #link(slot: number): void {
    const bucket = bucketOf(this.#ids, slot * 4, this.#tenants[slot], this.#bits);
    this.#next[slot] = this.#buckets[bucket];
    this.#buckets[bucket] = slot;
  }

  #remove(slot: number): void {
    const bucket = bucketOf(this.#ids, slot * 4, this.#tenants[slot], this.#bits);
    let before = this.#buckets[bucket];
    if (before === slot) this.#buckets[bucket] = this.#next[slot];
    else {
      while (this.#next[before] !== slot) before = this.#next[before];
      this.#next[before] = this.#next[slot];
    }
    this.#expiry[slot] = -Infinity;
    this.#size--;
  }

  /** Twice the room, the oldest at its front. */
  #grow(): void {
    const count = this.#tenants.length;
    const head = this.#head;
    const turned = <C extends Uint32Array | Int32Array | Float64Array>(column: C, width: number): C => {
      const longer = grown(column.subarray(head * width) as C, column.length * 2);
      longer.set(column.subarray(0, head * width) as never, (count - head) * width);
      return longer;
    };
    this.#ids = turned(this.#ids, 4);
    this.#tenants = turned(this.#tenants, 1);
    this.#expiry = turned(this.#expiry, 1);
    this.#next = new Int32Array(count * 2);
    this.#head = 0;
    this.#bits++;
    this.#buckets = new Int32Array(count * 2).fill(-1);
    for (let slot = 0; slot < this.#used; slot++) if (this.#expiry[slot] !== -Infinity) this.#link(slot);
  }
}
