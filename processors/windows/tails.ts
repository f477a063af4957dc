import { layOutTail, type SignalLayout } from '#schemas/signal-layout.ts';
import { grown } from '../grown.ts';
import { BytePool } from './byte-pool.ts';
import { hashOf, memoryOf } from './hash.ts';

/** Bytes above which no more are put in: they stay in the processor's cache, and old ones do not stay for ever. */
const MAX_BYTES = 128 << 10;

const LATEST = 64;

let made = 0;

/** Of each: bytes of the facts; hash of the facts; hash of the findings with the callees behind them. */
const STRIDE = 3;

/**
 * What signals that wait say from their facts on. Most say what one before them has said: such bytes are known to be
 * well formed, and stand here once.
 */
export class Tails {
  /** No two of a thread have the same one. */
  readonly serial = made++;
  readonly #pool = new BytePool();
  #rows = new Int32Array(STRIDE * 8);
  /** By what is often the same in signals that say the same: the tail seen last, plus one. */
  readonly #latest = new Int32Array(LATEST);

  /** True where a new one should be begun. */
  get full(): boolean {
    return this.#pool.length > MAX_BYTES;
  }

  /** What positions point into; another one after anything was put in. */
  get bytes(): Uint8Array {
    return this.#pool.bytes;
  }

  get words(): DataView {
    return this.#pool.words;
  }

  /** The number of the tail of a signal with a laid-out head; -1 where it has no layout. */
  intern(layout: SignalLayout): number {
    const { bytes, factsAt } = layout;
    const words = memoryOf(bytes);
    const from = bytes.byteOffset + factsAt;
    const to = bytes.byteOffset + bytes.length;
    const pool = this.#pool;
    // Of signals as long, the one before has mostly said the same, and then nothing is hashed.
    const length = to - from;
    const guess = this.#latest[length % LATEST] - 1;
    if (guess >= 0 && pool.has(guess, words, from, to)) return guess;
    const hash = hashOf(words, from, to);
    const known = pool.find(words, from, to, hash);
    if (known >= 0) {
      this.#latest[length % LATEST] = known + 1;
      return known;
    }
    if (!layOutTail(layout)) return -1;
    const tail = pool.add(words, from, to, hash);
    this.#latest[length % LATEST] = tail + 1;
    const at = tail * STRIDE;
    if (at + STRIDE > this.#rows.length) this.#rows = grown(this.#rows, this.#rows.length * 2);
    const facts = layout.findingsAt - factsAt;
    this.#rows[at] = facts;
    this.#rows[at + 1] = hashOf(words, from, from + facts);
    this.#rows[at + 2] = hashOf(words, from + facts, to);
    return tail;
  }

  factsAt(tail: number): number {
    return this.#pool.startOf(tail);
  }

  findingsAt(tail: number): number {
    return this.#pool.startOf(tail) + this.#rows[tail * STRIDE];
  }

  endOf(tail: number): number {
    return this.#pool.endOf(tail);
  }

  /** `hashOf` the facts. */
  factsHash(tail: number): number {
    return this.#rows[tail * STRIDE + 1];
  }

  /** `hashOf` what is behind the facts. */
  restHash(tail: number): number {
    return this.#rows[tail * STRIDE + 2];
  }

  hasFacts(tail: number): boolean {
    return this.bytes[this.factsAt(tail)] !== 0;
  }

  hasFindings(tail: number): boolean {
    return this.bytes[this.findingsAt(tail)] !== 0;
  }
}
