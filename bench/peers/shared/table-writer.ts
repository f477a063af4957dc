import type { ClickHouseClient } from '@clickhouse/client';
import type { Batch } from 'kafkajs';
import type { BatchHandler } from './consume.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface TableWriterOptions {
  readonly clickhouse: ClickHouseClient;
  readonly table: string;
  /** The rows of one record. */
  readonly rowsOf: (record: Buffer) => readonly Row[];
  /** An insert is due at so many rows or ms. */
  readonly batchRows: number;
  readonly flushMs: number;
  readonly onFatal: (error: unknown) => void;
}

/** Records of a topic → rows of a table, in large inserts; what is inserted is done. */
export class TableWriter implements BatchHandler {
  readonly #options: TableWriterOptions;
  readonly #done = new Map<number, number>();
  #rows: Row[] = [];
  #positions = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #inserting: Promise<void> = Promise.resolve();
  #assignment = 0;

  constructor(options: TableWriterOptions) {
    this.#options = options;
  }

  reset(): void {
    this.#assignment++;
    this.#rows = [];
    this.#positions.clear();
    this.#done.clear();
  }

  done(): Iterable<readonly [number, number]> {
    return this.#done;
  }

  async handle({ partition, messages }: Batch): Promise<void> {
    const { rowsOf, batchRows, flushMs, onFatal } = this.#options;
    for (const { value } of messages) for (const row of rowsOf(value!)) this.#rows.push(row);
    this.#positions.set(partition, Number(messages[messages.length - 1].offset) + 1);
    if (this.#rows.length >= batchRows) await this.flush();
    else this.#timer ??= setTimeout(() => this.flush().catch(onFatal), flushMs);
  }

  /** One insert at a time, so that what is done is done in order. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#inserting = this.#inserting.then(() => this.#insert());
    return this.#inserting;
  }

  async #insert(): Promise<void> {
    const { clickhouse, table, batchRows } = this.#options;
    const [rows, positions, assignment] = [this.#rows, this.#positions, this.#assignment];
    this.#rows = [];
    this.#positions = new Map();
    // What came while another insert was under way may be many times a batch: no server takes that as one body.
    for (let from = 0; from < rows.length; from += batchRows)
      await clickhouse.insert({ table, values: rows.slice(from, from + batchRows), format: 'JSONEachRow' });
    if (assignment !== this.#assignment) return;
    for (const [partition, offset] of positions) this.#done.set(partition, offset);
  }
}
