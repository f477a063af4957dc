/** Inputs worth changing further: the seeds, and whatever reached code that nothing before it had. */
import { bytesMutator } from './mutate/bytes.ts';
import type { Material } from './mutate/mutator.ts';
import type { Chance } from './random.ts';
import type { Started } from './target.ts';

export class Corpus {
  readonly #entries: Uint8Array[];
  readonly #target: Started;
  readonly #material: Material;
  readonly #chance: Chance;

  constructor(target: Started, chance: Chance, maxBytes: number) {
    this.#target = target;
    this.#chance = chance;
    this.#entries = target.seeds.map((seed) => Uint8Array.from(seed));
    if (this.#entries.length === 0) this.#entries.push(new Uint8Array());
    const { dictionary = [] } = target;
    this.#material = { chance, dictionary, maxBytes, other: () => chance.pick(this.#entries) };
  }

  get size(): number {
    return this.#entries.length;
  }

  add(input: Uint8Array): void {
    this.#entries.push(input);
  }

  /** The next input: a change of one of the corpus, the newest ones more often. */
  next(): Uint8Array {
    const entries = this.#entries;
    const newest = this.#chance.oneIn(3) ? Math.min(entries.length, 16) : entries.length;
    const input = entries[entries.length - 1 - this.#chance.below(newest)];
    const { mutators } = this.#target;
    const mutate =
      this.#chance.oneIn(4) || mutators.length === 0 ? bytesMutator : this.#chance.pick(mutators);
    return mutate(input, this.#material) ?? bytesMutator(input, this.#material) ?? input;
  }
}
