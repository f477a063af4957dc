/** Records that cannot be stored, kept with the reason. */
import type { KafkaRecord, Producer } from '#infra/kafka/port.ts';

export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly record: KafkaRecord;
  /** Where it failed: `decode` or `insert`. */
  readonly step: string;
  readonly reason: string;
}

/** Longer reasons (ClickHouse quotes the row) are cut: a header is no place for data. */
const MAX_REASON = 500;

export class DeadLetters {
  readonly #producer: Producer;
  readonly #topic: string;

  constructor(producer: Producer, topic: string) {
    this.#producer = producer;
    this.#topic = topic;
  }

  /** Resolves when the log has them; rejects else, which must stop the consumer: nothing may be lost. */
  async send(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    await this.#producer.send(
      this.#topic,
      letters.map(({ topic, partition, record, step, reason }) => ({
        key: `${topic}-${partition}`,
        value: record.value,
        headers: {
          reason: reason.slice(0, MAX_REASON),
          step,
          topic,
          partition: String(partition),
          offset: String(record.offset),
          ts: String(record.timestamp),
        },
      })),
    );
  }
}

/**
 * Stops a consumer before a whole topic drains into the dead letters: a wrong schema or a wrong table is not a bad
 * record. Counts the recent past: both counts are halved each `window` records.
 */
export class DeadLetterLimit {
  #records = 0;
  #bad = 0;
  readonly #minimum: number;
  readonly #ratio: number;
  readonly #window: number;

  /** More than `ratio` of the recent records, and at least `minimum` of them. */
  constructor({ minimum = 100, ratio = 0.2, window = 2_000 } = {}) {
    this.#minimum = minimum;
    this.#ratio = ratio;
    this.#window = window;
  }

  /** Counts records that have been read. */
  read(records: number): void {
    this.#records += records;
    while (this.#records > this.#window) {
      this.#records /= 2;
      this.#bad /= 2;
    }
  }

  /** Counts bad ones among them; false when that is too many. */
  bad(records: number): boolean {
    this.#bad += records;
    return this.#bad < this.#minimum || this.#bad <= this.#records * this.#ratio;
  }
}
