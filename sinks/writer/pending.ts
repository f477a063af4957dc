import type { KafkaRecord } from '#infra/kafka/port.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';

/** One Kafka record that has rows in a pending insert. */
export interface Entry {
  readonly record: KafkaRecord;
  /** Where its rows stand in the insert's bytes. */
  readonly from: number;
  readonly to: number;
}

/** Rows that wait for one insert, and the records they came from. */
export class PendingRows {
  readonly rows = new RowBuffer();
  readonly entries: Entry[] = [];
  rowCount = 0;

  clear(): void {
    this.rows.length = 0;
    this.entries.length = 0;
    this.rowCount = 0;
  }
}

/** What waits to be stored, table by table, and how far the log has been read with it. */
export class Pending {
  readonly tables: readonly PendingRows[];
  /** The buffers of `tables`, to append to. */
  readonly outs: readonly RowBuffer[];
  /** Rows of all tables. */
  rowCount = 0;
  /** Bytes of rows and of their records. */
  bytes = 0;
  /** Next offset to read, by partition: to be committed once the rows are stored. */
  readonly positions = new Map<number, number>();

  constructor(tables: number) {
    this.tables = Array.from({ length: tables }, () => new PendingRows());
    this.outs = this.tables.map(({ rows }) => rows);
  }

  get empty(): boolean {
    return this.positions.size === 0;
  }

  /** The record is dealt with, with or without rows. */
  passed(partition: number, record: KafkaRecord): void {
    this.positions.set(partition, record.offset + 1);
  }

  /** So many rows of `record` (by table) have been appended to `outs` since they had the lengths `from`. */
  add(record: KafkaRecord, rows: readonly number[], from: readonly number[]): void {
    let bytes = 0;
    for (const [i, table] of this.tables.entries()) {
      if (rows[i] === 0) continue;
      const to = table.rows.length;
      table.entries.push({ record, from: from[i], to });
      table.rowCount += rows[i];
      this.rowCount += rows[i];
      bytes += to - from[i];
    }
    if (bytes > 0) this.bytes += bytes + (record.value?.length ?? 0);
  }

  clear(): void {
    for (const table of this.tables) table.clear();
    this.rowCount = 0;
    this.bytes = 0;
    this.positions.clear();
  }
}
