import { DeadLetterLimit, limitError } from '#infra/kafka/dead-letter-limit.ts';
import { type DeadLetter, DeadLetters } from '#infra/kafka/dead-letters.ts';
import type { Kafka, Producer } from '#infra/kafka/port.ts';
import { metrics } from '#infra/metrics.ts';

/** What a stage says of a record; the box knows the rest. */
export type Refusal = Omit<DeadLetter, 'topic' | 'ts'>;

export interface BoxOptions {
  /** Whose letters they are. */
  readonly groupId?: string;
  readonly limit?: DeadLetterLimit;
}

/**
 * Puts records that cannot be processed on ati.dead-letters. A failure to do so rejects, and so does a topic of which
 * more than half would end there.
 */
export class DeadLetterBox {
  readonly #letters: DeadLetters;
  readonly #target: string;
  readonly #source: string;
  readonly #limit: DeadLetterLimit;

  constructor(producer: Producer, target: string, source: string, { groupId, limit }: BoxOptions = {}) {
    this.#letters = new DeadLetters(producer, target, groupId);
    this.#target = target;
    this.#source = source;
    this.#limit = limit ?? new DeadLetterLimit();
  }

  /**
   * Puts `refused` aside; `read` is how many records they are of, `ts` the clock of their partition, unix ms. At the
   * limit it throws (UserError) before it writes: what is not aside is read again, and nothing drains.
   */
  async put(refused: readonly Refusal[], read: number, ts: number): Promise<void> {
    for (let i = 0; i < read; i++) this.#limit.add(i < refused.length);
    if (refused.length === 0) return;
    const fault = this.#limit.fault();
    if (fault !== undefined) {
      const { record, reason } = refused[refused.length - 1];
      const { partition, offset } = record;
      throw limitError(this.#source, this.#target, fault, { partition, offset, reason });
    }
    await this.#letters.send(refused.map((each) => ({ ...each, topic: this.#source, ts })));
    for (const { step } of refused) metrics.deadLetters.inc({ topic: this.#source, reason: step });
  }
}

/**
 * Dead letters of a topic that is read whole again at each assignment (ati.incident-state): each record once, however
 * often it is read, which ati.dead-letters itself tells.
 */
export class RereadLetters {
  readonly #kafka: Pick<Kafka, 'offsets' | 'read'>;
  readonly #letters: DeadLetters;
  readonly #target: string;
  readonly #source: string;

  constructor(kafka: Pick<Kafka, 'offsets' | 'read'>, producer: Producer, target: string, source: string) {
    this.#kafka = kafka;
    this.#letters = new DeadLetters(producer, target);
    this.#target = target;
    this.#source = source;
  }

  /** `read`: of how many records they are. Throws (UserError) where that is no matter of single records. */
  async put(refused: readonly Refusal[], read: number, ts: number): Promise<void> {
    if (refused.length === 0) return;
    const limit = new DeadLetterLimit();
    limit.recall({ records: read, dead: refused.length });
    const fault = limit.fault();
    if (fault !== undefined) {
      const { record, reason } = refused[refused.length - 1];
      const { partition, offset } = record;
      throw limitError(this.#source, this.#target, fault, { partition, offset, reason });
    }
    const known = await this.#known();
    const fresh = refused.filter(({ record }) => !known.has(`${record.partition}-${record.offset}`));
    await this.#letters.send(fresh.map((each) => ({ ...each, topic: this.#source, ts })));
    for (const { step } of fresh) metrics.deadLetters.inc({ topic: this.#source, reason: step });
  }

  async #known(): Promise<ReadonlySet<string>> {
    const known = new Set<string>();
    for (const { partition, earliest, latest } of await this.#kafka.offsets(this.#target))
      for await (const { headers } of this.#kafka.read(this.#target, partition, earliest, latest))
        if (String(headers.topic) === this.#source) known.add(`${headers.partition}-${headers.offset}`);
    return known;
  }
}
