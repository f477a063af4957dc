/** A ClickHouse of the model: rows as they were inserted, and as users count them. */
import type { ClickHouse } from '#infra/clickhouse/port.ts';
import { rowsOfBlock } from '#sinks/native/testing.ts';
import type { ModelProcess } from './process.ts';
import { tableDefinitions } from './table-definitions.ts';

export interface Row {
  readonly key: string;
  /** Columns of the row by name, as bytes. */
  readonly columns: ReadonlyMap<string, string>;
  /** All its bytes. */
  readonly bytes: string;
}

const DEFINITIONS = tableDefinitions();

export class ModelTables {
  readonly #inserts: { table: string; columns: readonly string[]; body: Buffer }[] = [];

  insert(table: string, columns: readonly string[], body: Uint8Array): void {
    this.#inserts.push({ table: table.slice(table.indexOf('.') + 1), columns, body: Buffer.from(body) });
  }

  /** Rows by table as `FINAL` gives them: of those with equal keys the last one of the greatest version. */
  rows(): Map<string, Map<string, Row>> {
    const tables = new Map<string, Map<string, Row>>();
    for (const { table, columns, body } of this.#inserts) {
      const rows = tables.get(table) ?? new Map<string, Row>();
      tables.set(table, rows);
      const version = DEFINITIONS.get(table)!.version;
      for (const row of readRows(table, columns, body)) {
        const known = rows.get(row.key);
        if (
          known === undefined ||
          version === undefined ||
          versionOf(row, version) >= versionOf(known, version)
        )
          rows.set(row.key, row);
      }
    }
    return tables;
  }
}

function versionOf(row: Row, column: string): number {
  return Buffer.from(row.columns.get(column)!, 'latin1').readUInt32LE();
}

function readRows(table: string, names: readonly string[], body: Buffer): Row[] {
  const { columns, key } = DEFINITIONS.get(table)!;
  const rows: Row[] = [];
  for (let at = 0; at < body.length; ) {
    const from = at;
    const found = new Map<string, string>();
    for (const name of names) {
      const skip = columns.get(name);
      if (skip === undefined) throw new Error(`table ${table} has no column ${name}`);
      const end = skip(body, at);
      found.set(name, body.toString('latin1', at, end));
      at = end;
    }
    rows.push({
      key: key.map((name) => found.get(name)).join('|'),
      columns: found,
      bytes: body.toString('latin1', from, at),
    });
  }
  return rows;
}

/** The ClickHouse port of one process; it only writes. */
export function modelClickHouse(process: ModelProcess, tables: ModelTables): ClickHouse {
  return {
    insert: (table, columns, format, body) => {
      // The sender may use its buffer again.
      const sent = format === 'Native' ? Buffer.concat(rowsOfBlock(body)) : Buffer.from(body);
      const what = table.slice(table.indexOf('.') + 1);
      return process.request(`insert ${table}`, { kind: 'write', what }, () =>
        tables.insert(table, columns, sent),
      );
    },
    ping: async () => true,
    close: async () => {},
    query: notModelled,
    command: notModelled,
    raw: notModelled,
  };
}

async function notModelled(): Promise<never> {
  throw new Error('the model of ClickHouse is written to only');
}
