/**
 * The fresh tables: in a database of their own beside the installation's, made by the same migrations, so that nothing
 * of the old ones is touched before the swap and one DROP cleans up. How far a replay has come is said there too.
 */
import { replayTablesOf } from '#infra/clickhouse/beside.ts';
import { ensureMigrated, migrate } from '#infra/clickhouse/migrate.ts';
import type { MigrationValues } from '#infra/clickhouse/migration-files.ts';
import { type ClickHouse, ClickHouseError } from '#infra/clickhouse/port.ts';
import { MIGRATIONS } from '../database.ts';

/** A swap that was begun, and what is to be done when it was not ended. */
export interface Swap {
  readonly projection: string;
  readonly tables: readonly { readonly table: string; readonly freshUuid: string }[];
  /** [partition, offset]: the fresh tables have all before. */
  readonly positions: readonly (readonly [number, number])[];
  /** As TABLE__before_TIME; undefined: the old tables are dropped. */
  readonly keepAs?: string;
}

/** The engine or the server cannot exchange tables (NOT_IMPLEMENTED, UNKNOWN…). */
const NOT_IMPLEMENTED = 48;
const ANYWHERE = { database: 'default' };

export class Scratch {
  readonly name: string;
  readonly #ch: ClickHouse;
  readonly #values: MigrationValues;

  constructor(ch: ClickHouse, values: MigrationValues) {
    this.#ch = ch;
    this.#values = values;
    this.name = replayTablesOf(values.database);
  }

  /** Throws UserError when the installation's own tables are behind: what they lack could not be swapped. */
  checkLive(): Promise<void> {
    return ensureMigrated(this.#ch, MIGRATIONS, this.#values);
  }

  async create(): Promise<void> {
    await migrate(this.#ch, MIGRATIONS, { ...this.#values, database: this.name });
    await this.#command(
      `CREATE TABLE ${this.name}.replay_swap (swap String, at DateTime64(3) DEFAULT now64(3)) ENGINE = MergeTree ORDER BY at`,
    );
  }

  async exists(): Promise<boolean> {
    const rows = await this.#ch.query('SELECT 1 FROM system.databases WHERE name = {name:String}', {
      params: { name: this.name },
      settings: ANYWHERE,
    });
    return rows.length > 0;
  }

  /** The swap that an earlier replay began and did not end. */
  async begunSwap(): Promise<Swap | undefined> {
    const there = await this.#ch.query(
      "SELECT 1 FROM system.tables WHERE database = {name:String} AND name = 'replay_swap'",
      { params: { name: this.name }, settings: ANYWHERE },
    );
    if (there.length === 0) return undefined;
    const [row] = await this.#ch.query<{ swap: string }>(
      `SELECT swap FROM ${this.name}.replay_swap ORDER BY at DESC LIMIT 1`,
      { settings: ANYWHERE },
    );
    return row === undefined ? undefined : (JSON.parse(row.swap) as Swap);
  }

  /** Durable: from now on the swap is to be ended, by whoever comes. */
  async begin(swap: Omit<Swap, 'tables'>, tables: readonly string[]): Promise<Swap> {
    const begun = {
      ...swap,
      tables: await Promise.all(
        tables.map(async (table) => ({ table, freshUuid: await this.#uuid(this.name, table) })),
      ),
    };
    await this.#ch.command(`INSERT INTO ${this.name}.replay_swap (swap) SELECT {swap:String}`, {
      params: { swap: JSON.stringify(begun) },
      settings: ANYWHERE,
    });
    return begun;
  }

  /** Puts each fresh table in the place of the old one, which is in the scratch database then. Again: no harm. */
  async exchange({ tables }: Swap): Promise<void> {
    const { database } = this.#values;
    for (const { table, freshUuid } of tables) {
      if ((await this.#uuid(database, table)) === freshUuid) continue;
      try {
        await this.#command(`EXCHANGE TABLES ${database}.${table} AND ${this.name}.${table}`);
      } catch (error) {
        if (!(error instanceof ClickHouseError) || error.code !== NOT_IMPLEMENTED) throw error;
        await this.#command(
          `RENAME TABLE ${database}.${table} TO ${this.name}.${table}__old, ` +
            `${this.name}.${table} TO ${database}.${table}, ${this.name}.${table}__old TO ${this.name}.${table}`,
        );
      }
    }
  }

  /** Moves the old tables beside the new ones; returns their names. Again: no harm. */
  async keep({ tables, keepAs }: Swap): Promise<string[]> {
    if (keepAs === undefined) return [];
    const kept: string[] = [];
    for (const { table } of tables) {
      const name = `${this.#values.database}.${table}__before_${keepAs}`;
      if ((await this.#uuid(this.name, table)) !== '')
        await this.#command(`RENAME TABLE ${this.name}.${table} TO ${name}`);
      kept.push(name);
    }
    return kept;
  }

  drop(): Promise<void> {
    return this.#command(`DROP DATABASE IF EXISTS ${this.name} SYNC`);
  }

  #command(sql: string): Promise<void> {
    return this.#ch.command(sql, { settings: ANYWHERE });
  }

  /** '' where there is no such table. */
  async #uuid(database: string, table: string): Promise<string> {
    const [row] = await this.#ch.query<{ uuid: string }>(
      'SELECT toString(uuid) AS uuid FROM system.tables WHERE database = {database:String} AND name = {table:String}',
      { params: { database, table }, settings: ANYWHERE },
    );
    return row?.uuid ?? '';
  }
}
