import type { Batch, KafkaRecord } from '#infra/kafka/port.ts';
import { newRows, type TablesProjection } from '../projections/projection.ts';
import type { Rows } from '../rowbinary/rows.ts';

/** What makes rows of records: pure, so that it may be asked again. */
export type RowMaker = Pick<TablesProjection, 'tables' | 'append'>;

/** A record whose bytes may be written over before its rows are stored; its batch has them again. */
interface Entry {
  readonly record: KafkaRecord;
  readonly batch: Batch | undefined;
}

/** The record as it was: the same one for all tables. */
type Recall = (entry: Entry) => KafkaRecord;

/** Rows that wait for one insert, and the records they came from. */
export class PendingRows {
  readonly rows: Rows;
  /** Of the records that have rows here, in their order. */
  readonly entries: Entry[] = [];
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

  /** The insert's body: the rows of the entries [first, end). Valid until the next write. */
  body(first: number, end: number): Uint8Array {
    if (first === 0 && end === this.entries.length) return this.rows.body();
    // Only where the server refuses rows: made again, since columns cannot be cut by records.
    const { tables, append } = this.#maker;
    const outs = tables.map(newRows);
    for (let i = first; i < end; i++) append(outs, this.record(i).value as Uint8Array);
    return outs[this.#table].body();
  }

  /** The record of an entry. */
  record(entry: number): KafkaRecord {
    return this.#recall(this.entries[entry]);
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
  /** Records of the batches of which the server refused rows. */
  readonly #recalled = new Map<Batch, readonly KafkaRecord[]>();

  constructor(maker: RowMaker) {
    const recall: Recall = (entry) => this.#recall(entry);
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
   * So many rows of `record` (by table) have been appended to `outs` since they had the lengths `from`. Without its batch its
   * bytes must stay as they are.
   */
  add(record: KafkaRecord, rows: readonly number[], from: readonly number[], batch?: Batch): void {
    const entry = { record, batch };
    let bytes = 0;
    for (const [i, table] of this.tables.entries()) {
      if (rows[i] === 0) continue;
      table.entries.push(entry);
      table.rowCount += rows[i];
      this.rowCount += rows[i];
      bytes += table.rows.length - from[i];
    }
    if (bytes > 0) this.bytes += bytes + (record.value?.length ?? 0);
  }

  #recall({ record, batch }: Entry): KafkaRecord {
    if (batch?.again === undefined) return record;
    let records = this.#recalled.get(batch);
    if (records === undefined) {
      records = batch.again();
      this.#recalled.set(batch, records);
    }
    return records[batch.records.indexOf(record)];
  }

  clear(): void {
    for (const table of this.tables) table.clear();
    this.rowCount = 0;
    this.bytes = 0;
    this.positions.clear();
    this.#recalled.clear();
  }
}
