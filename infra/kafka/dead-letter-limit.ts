/** How many of the last records may be dead letters, and from how many on that is judged. */
export interface DeadLetterBounds {
  readonly window: number;
  readonly atLeast: number;
  readonly share: number;
}

export const DEAD_LETTER_BOUNDS: DeadLetterBounds = { window: 1000, atLeast: 100, share: 0.5 };

/** Tells when dead letters are no exception any more: then something is wrong with us or the topic, not with a record. */
export class DeadLetterLimit {
  readonly #bounds: DeadLetterBounds;
  readonly #last: Uint8Array;
  #seen = 0;
  #dead = 0;

  constructor(bounds: DeadLetterBounds = DEAD_LETTER_BOUNDS) {
    this.#bounds = bounds;
    this.#last = new Uint8Array(bounds.window);
  }

  add(dead: boolean): void {
    const at = this.#seen++ % this.#last.length;
    this.#dead += (dead ? 1 : 0) - this.#last[at];
    this.#last[at] = dead ? 1 : 0;
  }

  /** What is wrong, once more than the share of the last records are dead letters. */
  fault(): string | undefined {
    const seen = Math.min(this.#seen, this.#last.length);
    if (seen < this.#bounds.atLeast || this.#dead <= seen * this.#bounds.share) return undefined;
    return `${this.#dead} of the last ${seen} records could not be processed`;
  }
}
