import type { KafkaRecord } from '#infra/kafka/port.ts';
import { newRows, type TablesProjection } from '../projections/projection.ts';
import type { Rows } from '../rowbinary/rows.ts';

/** What makes rows of records: pure, so that it may be asked again. */
export type RowMaker = Pick<TablesProjection, 'tables' | 'append'>;

/** Rows that wait for one insert, and the records they came from. */
export class PendingRows {
  readonly rows: Rows;
  /** Records that have rows here, in their order. */
  readonly entries: KafkaRecord[] = [];
  rowCount = 0;
  readonly #maker: RowMaker;
  /** Of the maker's tables. */
  readonly #table: number;

  constructor(maker: RowMaker, table: number) {
    this.#maker = maker;
    this.#table = table;
    this.rows = newRows(maker.tables[table]);
  }

  /** The insert's body: the rows of the entries [first, end). Valid until the next write. */
  body(first: number, end: number): Uint8Array {
    if (first === 0 && end === this.entries.length) return this.rows.body();
    // Only where the server refuses rows: made again, since columns cannot be cut by records.
    const { tables, append } = this.#maker;
    const outs = tables.map(newRows);
    for (const record of this.entries.slice(first, end)) append(outs, record.value as Uint8Array);
    return outs[this.#table].body();
  }

  clear(): void {
    this.rows.clear();
    this.entries.length = 0;
    this.rowCount = 0;
  }
}

/** What waits to be stored, table by table, and how far the log has been read with it. */
export class Pending {
  readonly tables: readonly PendingRows[];
  /** The buffers of `tables`, to append to. */
  readonly outs: readonly Rows[];
  /** Rows of all tables. */
  rowCount = 0;
  /** Bytes of rows and of their records. */
  bytes = 0;
  /** Next offset to read, by partition: to be committed once the rows are stored. */
  readonly positions = new Map<number, number>();

  constructor(maker: RowMaker) {
    this.tables = maker.tables.map((_, i) => new PendingRows(maker, i));
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
      table.entries.push(record);
      table.rowCount += rows[i];
      this.rowCount += rows[i];
      bytes += table.rows.length - from[i];
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
