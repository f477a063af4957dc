import type { Batch, KafkaRecord } from '#infra/kafka/port.ts';
import { newRows, type TablesProjection } from '../projections/projection.ts';
import type { Rows } from '../rowbinary/rows.ts';

/** What makes rows of records: pure, so that it may be asked again. */
export type RowMaker = Pick<TablesProjection, 'tables' | 'append'>;

/**
 * Where a record is to be had when its rows are refused: itself or, since its bytes may be written over before its rows are
 * stored, its batch read again. The records of such a batch are not held on to: they are many, and may go young.
 */
type Origin = KafkaRecord | NonNullable<Batch['again']>;

/** The record of a batch, by its index, as it was: the same one for all tables. */
type Recall = (origin: Origin, index: number) => KafkaRecord;

/** Rows that wait for one insert, and the records they came from. */
export class PendingRows {
  readonly rows: Rows;
  /** Of the records that have rows here, in their order: where they are to be had, and their indexes in their batches. */
  readonly #origins: Origin[] = [];
  readonly #indexes: number[] = [];
  rowCount = 0;
  readonly #recall: Recall;
  readonly #maker: RowMaker;
  /** Of the maker's tables. */
  readonly #table: number;

  constructor(maker: RowMaker, table: number, recall: Recall) {
    this.#recall = recall;
    this.#maker = maker;
    this.#table = table;
    this.rows = newRows(maker.tables[table]);
  }

  /** Records that have rows here. */
  get records(): number {
    return this.#origins.length;
  }

  /** So many rows of a record have been appended to `rows`. */
  add(rows: number, origin: Origin, index: number): void {
    this.#origins.push(origin);
    this.#indexes.push(index);
    this.rowCount += rows;
  }

  /** The insert's body: the rows of the records [first, end). Valid until the next write. */
  body(first: number, end: number): Uint8Array {
    if (first === 0 && end === this.records) return this.rows.body();
    // Only where the server refuses rows: made again, since columns cannot be cut by records.
    const { tables, append } = this.#maker;
    const outs = tables.map(newRows);
    for (let i = first; i < end; i++) append(outs, this.record(i).value as Uint8Array);
    return outs[this.#table].body();
  }

  /** The record of this number among those that have rows here. */
  record(number: number): KafkaRecord {
    return this.#recall(this.#origins[number], this.#indexes[number]);
  }

  clear(): void {
    this.rows.clear();
    this.#origins.length = 0;
    this.#indexes.length = 0;
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
  /** Records of the batches of which the server refused rows. */
  readonly #recalled = new Map<Origin, readonly KafkaRecord[]>();

  constructor(maker: RowMaker) {
    const recall: Recall = (origin, index) => this.#recall(origin, index);
    this.tables = maker.tables.map((_, i) => new PendingRows(maker, i, recall));
    this.outs = this.tables.map(({ rows }) => rows);
  }

  get empty(): boolean {
    return this.positions.size === 0;
  }

  /** The record is dealt with, with or without rows. */
  passed(partition: number, record: KafkaRecord): void {
    this.positions.set(partition, record.offset + 1);
  }

  /**
   * So many rows of `record` (by table) have been appended to `outs` since they had the lengths `from`. It stands at `index` in
   * its batch; without one its bytes must stay as they are.
   */
  add(record: KafkaRecord, rows: readonly number[], from: readonly number[], batch?: Batch, index = 0): void {
    const origin = batch?.again ?? record;
    let bytes = 0;
    for (let i = 0; i < this.tables.length; i++) {
      if (rows[i] === 0) continue;
      const table = this.tables[i];
      table.add(rows[i], origin, index);
      this.rowCount += rows[i];
      bytes += table.rows.length - from[i];
    }
    if (bytes > 0) this.bytes += bytes + (record.value?.length ?? 0);
  }

  #recall(origin: Origin, index: number): KafkaRecord {
    if (typeof origin !== 'function') return origin;
    let records = this.#recalled.get(origin);
    if (records === undefined) {
      records = origin();
      this.#recalled.set(origin, records);
    }
    return records[index];
  }

  clear(): void {
    for (const table of this.tables) table.clear();
    this.rowCount = 0;
    this.bytes = 0;
    this.positions.clear();
    this.#recalled.clear();
  }
}
