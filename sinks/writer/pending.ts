import type { KafkaRecord } from '#infra/kafka/port.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';

/** One Kafka record that has rows in a pending insert. */
export interface Entry {
  readonly record: KafkaRecord;
  readonly rows: number;
  /** Where its rows stand in the insert's bytes. */
  readonly from: number;
  readonly to: number;
}

/** Rows that wait for one insert, the records they came from, and how far the log has been read with them. */
export class Pending {
  readonly rows = new RowBuffer();
  readonly entries: Entry[] = [];
  rowCount = 0;
  /** Bytes of rows and of their records. */
  bytes = 0;
  /** Next offset to read, by partition: to be committed once the rows are stored. */
  readonly positions = new Map<number, number>();

  get empty(): boolean {
    return this.positions.size === 0;
  }

  /** The record is dealt with, with or without rows. */
  passed(partition: number, record: KafkaRecord): void {
    this.positions.set(partition, record.offset + 1);
  }

  /** The rows that were appended to `rows` since byte `from` are those of `record`. */
  add(record: KafkaRecord, rows: number, from: number): void {
    const to = this.rows.length;
    this.entries.push({ record, rows, from, to });
    this.rowCount += rows;
    this.bytes += to - from + (record.value?.length ?? 0);
  }

  clear(): void {
    this.rows.length = 0;
    this.entries.length = 0;
    this.rowCount = 0;
    this.bytes = 0;
    this.positions.clear();
  }
}
