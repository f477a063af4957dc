import { Random, seedBytes } from '#producers/agents/virtual/random.ts';

/** Chance by name: the same parts give the same numbers, whoever else has drawn any. */
export class Chance {
  readonly #random: Random;

  constructor(...parts: readonly (string | number)[]) {
    this.#random = new Random(seedBytes('accuracy', ...parts));
  }

  /** In [least, most). */
  between(least: number, most: number): number {
    return this.#random.between(least, most);
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return Math.floor(this.#random.between(least, most + 1));
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    return this.#random.between(0, 1) < probability;
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)];
  }

  /** A run's seed: a whole number in [0, 2³²). */
  seed(): number {
    return this.#random.word() >>> 0;
  }

  /** An id of `bytes` (a multiple of 4). */
  id(bytes: number): Uint8Array {
    return this.#random.id(bytes);
  }

  /** A copy in another order. */
  shuffled<T>(given: readonly T[]): T[] {
    const out = [...given];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }
}
