/** The rows of an old table that the replayed records do not give again. */
import { type ClickHouse, ClickHouseError } from '#infra/clickhouse/port.ts';
import { quoteIdentifier } from '#infra/clickhouse/sql-lexer.ts';
import { Interrupted } from './fill.ts';
import type { Carry } from './plan.ts';

interface Tables {
  /** Both with their database. */
  readonly old: string;
  readonly fresh: string;
  /** DateTime64(3). */
  readonly stamp: string;
}

/** True for a row that is carried over. Stamps are compared as DateTime64(3) is: whole ms. */
function condition(stamp: string, { below, from }: Carry): string {
  const ms = `toUnixTimestamp64Milli(${quoteIdentifier(stamp)})`;
  const older = below === Number.POSITIVE_INFINITY ? 'true' : `${ms} < ${Math.floor(below)}`;
  return from === Number.POSITIVE_INFINITY ? older : `(${older} OR ${ms} >= ${Math.floor(from)})`;
}

/** How many rows would be carried over, and how many there are. */
export async function countCarried(
  ch: ClickHouse,
  { old, stamp }: Omit<Tables, 'fresh'>,
  carry: Carry,
): Promise<{ carried: number; rows: number }> {
  const [row] = await ch.query<{ carried: string; rows: string }>(
    `SELECT countIf(${condition(stamp, carry)}) AS carried, count() AS rows FROM ${old}`,
  );
  return { carried: Number(row.carried), rows: Number(row.rows) };
}

/**
 * Copies them, a partition of the table at a time; one of which every row is carried over is attached as it is, which
 * copies nothing. Returns the number of rows. To be done before the replay: of equal keys the row that comes last wins.
 * Throws Interrupted at the signal.
 */
export async function carryOver(
  ch: ClickHouse,
  { old, fresh, stamp }: Tables,
  carry: Carry,
  signal: AbortSignal,
): Promise<number> {
  const wanted = condition(stamp, carry);
  const partitions = await ch.query<{ id: string; carried: string; rows: string }>(
    `SELECT _partition_id AS id, countIf(${wanted}) AS carried, count() AS rows FROM ${old} GROUP BY id ORDER BY id`,
  );
  let carried = 0;
  for (const { id, carried: some, rows } of partitions) {
    if (signal.aborted) throw new Interrupted();
    if (some === '0') continue;
    carried += Number(some);
    if (some === rows && (await attach(ch, old, fresh, id))) continue;
    const columns = await commonColumns(ch, old, fresh);
    try {
      await ch.command(
        `INSERT INTO ${fresh} (${columns}) SELECT ${columns} FROM ${old} WHERE _partition_id = {id:String} AND ${wanted}`,
        { params: { id }, signal },
      );
    } catch (error) {
      throw signal.aborted ? new Interrupted() : error;
    }
  }
  return carried;
}

/** False where the tables are not made alike: one was altered by hand. */
async function attach(ch: ClickHouse, old: string, fresh: string, id: string): Promise<boolean> {
  try {
    await ch.command(`ALTER TABLE ${fresh} ATTACH PARTITION ID '${id.replaceAll("'", '')}' FROM ${old}`);
    return true;
  } catch (error) {
    if (error instanceof ClickHouseError && !error.retriable) return false;
    throw error;
  }
}

async function commonColumns(ch: ClickHouse, old: string, fresh: string): Promise<string> {
  const columnsOf = async (table: string) =>
    (await ch.query<{ name: string }>(`DESCRIBE TABLE ${table}`)).map(({ name }) => name);
  const there = new Set(await columnsOf(old));
  return (await columnsOf(fresh))
    .filter((name) => there.has(name))
    .map(quoteIdentifier)
    .join(', ');
}
