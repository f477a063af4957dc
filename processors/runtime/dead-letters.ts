import type { KafkaRecord, Producer } from '#infra/kafka/port.ts';
import { metrics } from '#infra/metrics.ts';
import { DeadLetterLimit } from './dead-letter-limit.ts';
import { sendAll } from './send.ts';

export interface DeadLetter {
  readonly record: Pick<KafkaRecord, 'offset' | 'partition' | 'key' | 'value'>;
  readonly step: string;
  readonly reason: string;
  /** More headers, such as the trace that a bug is about. */
  readonly details?: Readonly<Record<string, string>>;
}

/**
 * Puts records that cannot be processed on ati.dead-letters: the original bytes (what is on our topics has passed the
 * allowlist), with reason, step, topic, partition, offset and ts (clock of the partition, unix ms) as headers. A failure
 * to do so rejects, and so does a topic of which more than half would end there.
 */
export class DeadLetterBox {
  readonly #producer: Producer;
  readonly #target: string;
  readonly #source: string;
  readonly #limit = new DeadLetterLimit();

  constructor(producer: Producer, target: string, source: string) {
    this.#producer = producer;
    this.#target = target;
    this.#source = source;
  }

  /** Puts `letters` aside; `read` is how many records they are of. */
  async put(letters: readonly DeadLetter[], read: number, ts: number): Promise<void> {
    for (let i = 0; i < read; i++) this.#limit.add(i < letters.length);
    if (letters.length === 0) return;
    await sendAll(
      this.#producer,
      this.#target,
      letters.map(({ record, step, reason, details }) => ({
        key: `${this.#source}-${record.partition}`,
        value: record.value,
        headers: {
          reason,
          step,
          topic: this.#source,
          partition: String(record.partition),
          offset: String(record.offset),
          ts: String(ts),
          ...details,
        },
      })),
    );
    for (const { step } of letters) metrics.deadLetters.inc({ topic: this.#source, reason: step });
    const fault = this.#limit.fault();
    if (fault !== undefined)
      throw new Error(`${this.#source}: ${fault}, see ${this.#target}; stopped before it drains there`);
  }
}
