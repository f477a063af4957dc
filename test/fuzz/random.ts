/** Chance that a seed decides, in the whole numbers that a fuzzer asks for. */
import { Random, seedBytes } from '#producers/agents/virtual/random.ts';

export class Chance {
  readonly #random: Random;

  constructor(...seed: readonly (string | number)[]) {
    this.#random = new Random(seedBytes('fuzz', ...seed));
  }

  /** In [0, limit). */
  below(limit: number): number {
    return Math.floor(((this.#random.word() >>> 0) / 2 ** 32) * limit);
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** Often small, seldom up to `limit`. */
  few(limit: number): number {
    return this.below(1 + this.below(limit));
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random.word() & 0xff);
  }
}
