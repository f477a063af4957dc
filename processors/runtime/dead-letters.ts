import { DeadLetterLimit } from '#infra/kafka/dead-letter-limit.ts';
import { type DeadLetter, DeadLetters } from '#infra/kafka/dead-letters.ts';
import type { Producer } from '#infra/kafka/port.ts';
import { metrics } from '#infra/metrics.ts';

/** What a stage says of a record; the box knows the rest. */
export type Refusal = Omit<DeadLetter, 'topic' | 'ts'>;

/**
 * Puts records that cannot be processed on ati.dead-letters. A failure to do so rejects, and so does a topic of which
 * more than half would end there.
 */
export class DeadLetterBox {
  readonly #letters: DeadLetters;
  readonly #target: string;
  readonly #source: string;
  readonly #limit = new DeadLetterLimit();

  constructor(producer: Producer, target: string, source: string) {
    this.#letters = new DeadLetters(producer, target);
    this.#target = target;
    this.#source = source;
  }

  /** Puts `refused` aside; `read` is how many records they are of, `ts` the clock of their partition, unix ms. */
  async put(refused: readonly Refusal[], read: number, ts: number): Promise<void> {
    for (let i = 0; i < read; i++) this.#limit.add(i < refused.length);
    if (refused.length === 0) return;
    await this.#letters.send(refused.map((each) => ({ ...each, topic: this.#source, ts })));
    for (const { step } of refused) metrics.deadLetters.inc({ topic: this.#source, reason: step });
    const fault = this.#limit.fault();
    if (fault !== undefined)
      throw new Error(`${this.#source}: ${fault}, see ${this.#target}; stopped before it drains there`);
  }
}
