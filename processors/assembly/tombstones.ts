import { TraceTable, turned } from './trace-table.ts';

/** First capacity, and how many buckets: a power of two. */
const FIRST_BITS = 8;

/**
 * Ids of closed traces, each until its expiry (ms of the log's clock), so that a straggling span starts no ghost trace.
 * One for each tenant (by number) and trace id (four words); a later expiry wins.
 *
 * There is one for every trace of the last minutes: 36 bytes each in a ring, in order of coming.
 */
export class Tombstones {
  readonly #traces = new TraceTable(FIRST_BITS);
  /** -Infinity: nothing stands here any more. */
  #expiry = new Float64Array(1 << FIRST_BITS);
  /** Of the ring: the oldest, and how many from there on. */
  #head = 0;
  #used = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(words: Uint32Array, at: number, tenant: number, expiry: number): void {
    const known = this.#traces.find(words, at, tenant);
    if (known >= 0) {
      if (this.#expiry[known] >= expiry) return;
      // Put at the end again: the ring stays nearly in order of expiry, which `purge` relies on for speed alone.
      this.#remove(known);
    }
    if (this.#used === this.#expiry.length) this.#grow();
    const slot = (this.#head + this.#used++) & (this.#expiry.length - 1);
    this.#traces.put(slot, words, at, tenant);
    this.#expiry[slot] = expiry;
    this.#size++;
  }

  covers(words: Uint32Array, at: number, tenant: number, clock: number): boolean {
    const known = this.#traces.find(words, at, tenant);
    return known >= 0 && clock < this.#expiry[known];
  }

  /** Frees what has expired, from the oldest on; an expired one that stays covers nothing. */
  purge(clock: number): void {
    while (this.#used > 0 && this.#expiry[this.#head] <= clock) {
      if (this.#expiry[this.#head] !== -Infinity) this.#remove(this.#head);
      this.#head = (this.#head + 1) & (this.#expiry.length - 1);
      this.#used--;
    }
  }

  #remove(slot: number): void {
    this.#traces.remove(slot);
    this.#expiry[slot] = -Infinity;
    this.#size--;
  }

  /** Twice the room, the oldest at its front. */
  #grow(): void {
    this.#traces.grow(this.#head);
    this.#expiry = turned(this.#expiry, this.#head);
    this.#head = 0;
    for (let slot = 0; slot < this.#used; slot++)
      if (this.#expiry[slot] !== -Infinity) this.#traces.link(slot);
  }
}
