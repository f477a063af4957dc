import type { KafkaRecord, Producer } from './port.ts';
import { sendAll } from './send-all.ts';

/** A record that cannot be processed or stored. */
export interface DeadLetter {
  /** Where it was read: the topic's name on the broker. */
  readonly topic: string;
  readonly record: Pick<KafkaRecord, 'partition' | 'offset' | 'value'> &
    Partial<Pick<KafkaRecord, 'key' | 'headers'>>;
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
/** Keys of ours are ids and names; a longer one is not kept. */
const MAX_KEY_BYTES = 1 << 10;

/** Header of a record that `dead-letters replay` put back, and of its next dead letter: how often that was. */
export const REPLAYS = 'replays';
/** Header of a record on ati.dead-letters that is no letter but says which one was put back: its offset there. */
export const REPLAYED = 'replayed';

/**
 * Writes ati.dead-letters: the original bytes (what is on our topics has passed the allowlist), with reason, step,
 * topic, partition, offset and ts as headers; where there is one, `key` (hex), `group` (who put it aside) and `replays`.
 */
export class DeadLetters {
  readonly #producer: Pick<Producer, 'send'>;
  readonly #target: string;
  readonly #groupId: string | undefined;

  /** `target`: the topic's name on the broker; `groupId`: whose letters these are. */
  constructor(producer: Pick<Producer, 'send'>, target: string, groupId?: string) {
    this.#producer = producer;
    this.#target = target;
    this.#groupId = groupId;
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
        ...(this.#groupId !== undefined && { group: this.#groupId }),
        ...origin(record),
        ...details,
      },
    }));
    await sendAll(this.#producer, this.#target, records);
  }
}

/** What a replay needs beside the bytes. */
function origin({ key, headers }: DeadLetter['record']): Record<string, string> {
  const replays = headers?.[REPLAYS];
  return {
    ...(key && key.length <= MAX_KEY_BYTES && { key: key.toString('hex') }),
    ...(replays !== undefined && { [REPLAYS]: replays.toString('utf8').slice(0, 10) }),
  };
}
