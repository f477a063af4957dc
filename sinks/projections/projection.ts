import type { TopicKey } from '#infra/topics.ts';
import type { Failure } from '#schemas/otlp/wire.ts';
import type { Appended } from '../otel-traces/append.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';
import type { Rows } from '../rowbinary/rows.ts';

/** A table, and its columns in the order of the rows' bytes. */
export interface Table {
  readonly table: string;
  readonly columns: readonly string[];
  /** An empty buffer for its rows, of the kind that `append` takes; default: a RowBuffer. */
  readonly newRows?: () => Rows;
}

export const newRows = (table: Table): Rows => table.newRows?.() ?? new RowBuffer();

/** The format of its inserts. */
export const formatOf = (table: Table): Rows['format'] => newRows(table).format;

/** One topic into one table: data plus a pure function. Adding a table is a file like these and a migration. */
export interface Projection extends Table {
  /** Its consumer group is `${prefix}ati-sink-${name}`. */
  readonly name: string;
  readonly topic: TopicKey;
  /**
   * Appends the rows of one record (none of a tick). On a failure `out` is as before and the record becomes a dead
   * letter; it never throws on bad bytes.
   */
  append(out: Rows, value: Uint8Array): Appended;
}

/** Rows by table, in the order of `tables`. */
export type AppendedByTable = { ok: true; rows: readonly number[] } | Failure;

/**
 * One topic into several tables. The log is read, decompressed and decoded once, by one group whose offsets are
 * committed when the rows of every table are durable. A group for each table would read it as many times over, and cost
 * while nothing comes: an idle sink took 1.2 % of a core without telemetry, 1.4 % with one group for its six tables and
 * 1.7 % with six. The price: a table that cannot be written holds up the others of its topic.
 */
export interface TablesProjection {
  readonly name: string;
  readonly topic: TopicKey;
  readonly tables: readonly Table[];
  /** As `Projection.append`: `outs` has a buffer for each of `tables`; on a failure all of them are as before. */
  append(outs: readonly Rows[], value: Uint8Array): AppendedByTable;
}

/** One table is the simple case of several. */
export function byTable(projection: Projection | TablesProjection): TablesProjection {
  if ('tables' in projection) return projection;
  const { name, topic, table, columns, newRows } = projection;
  return {
    name,
    topic,
    tables: [{ table, columns, newRows }],
    append([out], value) {
      const appended = projection.append(out, value);
      return appended.ok ? { ok: true, rows: [appended.rows] } : appended;
    },
  };
}
