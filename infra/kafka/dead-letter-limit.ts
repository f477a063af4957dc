import { UserError } from '../errors.ts';
import type { Recalled } from './dead-letter-recall.ts';

/** How many of the last records may be dead letters, and from how many on that is judged. */
export interface DeadLetterBounds {
  readonly window: number;
  readonly atLeast: number;
  readonly share: number;
}

export const DEAD_LETTER_BOUNDS: DeadLetterBounds = { window: 1000, atLeast: 100, share: 0.5 };

/**
 * Tells when dead letters are no exception any more: then something is wrong with us or the topic, not with a record.
 * The one rule of every consumer (writers, both stages, the intake): more than `share` of the last `window` records,
 * judged from `atLeast` records on.
 */
export class DeadLetterLimit {
  readonly #bounds: DeadLetterBounds;
  readonly #last: Uint8Array;
  #seen = 0;
  #dead = 0;

  constructor(bounds: Partial<DeadLetterBounds> = {}) {
    this.#bounds = { ...DEAD_LETTER_BOUNDS, ...bounds };
    this.#last = new Uint8Array(this.#bounds.window);
  }

  add(dead: boolean): void {
    const at = this.#seen++ % this.#last.length;
    this.#dead += (dead ? 1 : 0) - this.#last[at];
    this.#last[at] = dead ? 1 : 0;
  }

  /** What was before this start: the bad ones count as the latest, so that they are forgotten last. */
  recall({ records, dead }: Recalled): void {
    for (let i = 0; i < records; i++) this.add(i >= records - dead);
  }

  /** What is wrong, once more than the share of the last records are dead letters. */
  fault(): string | undefined {
    const seen = Math.min(this.#seen, this.#last.length);
    if (seen < this.#bounds.atLeast || this.#dead <= seen * this.#bounds.share) return undefined;
    return `${this.#dead} of the last ${seen} records could not be processed`;
  }
}

/** Why a consumer stops at its limit, and what to do. `last`: what was wrong with the record at which it stops. */
export function limitError(
  topic: string,
  deadLetters: string,
  fault: string,
  last: { readonly partition: number; readonly offset: number; readonly reason: string },
): UserError {
  return new UserError(
    `${topic}: ${fault}, so it is no matter of single records (the last one, at ${last.partition}-${last.offset}: ` +
      `${last.reason.slice(0, 300)}). Stopped before the topic drains into ${deadLetters}; what is not there is still on ` +
      `the topic. See npm run dead-letters -- inspect --topic ${topic}; then put right who writes them, or run the ` +
      'version of ATI that reads them, and start again. To put them all aside instead: ATI_DEAD_LETTER_SHARE=1',
  );
}
