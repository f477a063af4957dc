import type { KafkaRecord, Producer } from './port.ts';
import { sendAll } from './send-all.ts';

/** A record that cannot be processed or stored. */
export interface DeadLetter {
  /** Where it was read: the topic's name on the broker. */
  readonly topic: string;
  readonly record: Pick<KafkaRecord, 'partition' | 'offset' | 'value'>;
  /** Where it failed: `decode`, `analyse`, `insert` … */
  readonly step: string;
  readonly reason: string;
  /** Unix ms: the record's, or the clock of its partition. */
  readonly ts: number;
  /** More headers, such as the trace that a bug is about. */
  readonly details?: Readonly<Record<string, string>>;
}

/** Longer reasons (ClickHouse quotes the row) are cut: a header is no place for data. */
const MAX_REASON = 500;

/**
 * Writes ati.dead-letters: the original bytes (what is on our topics has passed the allowlist), with reason, step,
 * topic, partition, offset and ts as headers.
 */
export class DeadLetters {
  readonly #producer: Pick<Producer, 'send'>;
  readonly #target: string;

  /** `target`: the topic's name on the broker. */
  constructor(producer: Pick<Producer, 'send'>, target: string) {
    this.#producer = producer;
    this.#target = target;
  }

  /** Resolves when the log has them; rejects else, which must stop the consumer: nothing may be lost. */
  async send(letters: readonly DeadLetter[]): Promise<void> {
    const records = letters.map(({ topic, record, step, reason, ts, details }) => ({
      key: `${topic}-${record.partition}`,
      value: record.value,
      headers: {
        reason: reason.slice(0, MAX_REASON),
        step,
        topic,
        partition: String(record.partition),
        offset: String(record.offset),
        ts: String(ts),
        ...details,
      },
    }));
    await sendAll(this.#producer, this.#target, records);
  }
}
