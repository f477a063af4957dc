/**
 * Brings the database to the newest migration.
 *
 * Two processes that migrate at once: ClickHouse has no lock for it, so every statement must be one that may run
 * twice (CREATE … IF NOT EXISTS, ALTER … ADD COLUMN IF NOT EXISTS), and the table of applied migrations replaces by
 * number. The one that comes second repeats what the first did and records the same row. A migration that fails
 * half-way is run again from its first statement.
 */
import { UserError } from '#infra/errors.ts';
import { type Migration, type MigrationValues, readMigrations } from './migration-files.ts';
import { type ClickHouse, ClickHouseError } from './port.ts';
import { quoteIdentifier } from './sql-lexer.ts';

export interface MigrateOptions extends MigrationValues {
  /** Only tell what would run. */
  readonly dryRun?: boolean;
}

export interface MigrateResult {
  /** Files that ran, or would run, in order. */
  readonly applied: readonly string[];
  /** Their statements, as sent. */
  readonly statements: readonly string[];
}

const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;
/** Named with each request: the installation's database may not exist yet. */
const ANYWHERE = { database: 'default' };

const tableOf = ({ database }: MigrationValues) => `${quoteIdentifier(database)}.ati_migrations`;

/** Throws UserError when an applied file has changed or is gone, ClickHouseError when ClickHouse refuses. */
export async function migrate(
  ch: ClickHouse,
  directory: string,
  options: MigrateOptions,
): Promise<MigrateResult> {
  const pending = await pendingMigrations(ch, directory, options);
  const result = {
    applied: pending.map(({ file }) => file),
    statements: pending.flatMap(({ statements }) => statements),
  };
  if (options.dryRun) return result;
  await createTable(ch, options);
  for (const migration of pending) await apply(ch, migration, options);
  return result;
}

/** Throws UserError when the database is behind the files. */
export async function ensureMigrated(
  ch: ClickHouse,
  directory: string,
  values: MigrationValues,
): Promise<void> {
  const pending = await pendingMigrations(ch, directory, values);
  if (pending.length === 0) return;
  const files = pending.map(({ file }) => file).join(', ');
  throw new UserError(`the database ${values.database} is behind: run the migrations first (${files})`);
}

async function pendingMigrations(
  ch: ClickHouse,
  directory: string,
  values: MigrationValues,
): Promise<Migration[]> {
  const migrations = await readMigrations(directory, values);
  const applied = await appliedChecksums(ch, values);
  for (const [number, row] of applied) {
    const migration = migrations[number - 1];
    if (migration === undefined)
      throw new UserError(
        `migration ${row.file} has been applied but its file is gone: this version is too old`,
      );
    if (migration.checksum !== row.checksum)
      throw new UserError(
        `migration ${migration.file} has changed since it was applied: add a new one instead`,
      );
  }
  const firstMissing = migrations.findIndex(({ number }) => !applied.has(number));
  if (firstMissing < 0) return [];
  const pending = migrations.slice(firstMissing);
  const later = pending.find(({ number }) => applied.has(number));
  if (later !== undefined)
    throw new UserError(`migration ${pending[0].file} has not been applied but ${later.file} has: a gap`);
  return pending;
}

interface AppliedRow {
  readonly number: number;
  readonly file: string;
  readonly checksum: string;
}

async function appliedChecksums(ch: ClickHouse, values: MigrationValues): Promise<Map<number, AppliedRow>> {
  try {
    const sql = `SELECT number, file, checksum FROM ${tableOf(values)} FINAL ORDER BY number`;
    const rows = await ch.query<AppliedRow>(sql, { settings: ANYWHERE });
    return new Map(rows.map((row) => [row.number, row]));
  } catch (error) {
    const fresh = error instanceof ClickHouseError && [UNKNOWN_TABLE, UNKNOWN_DATABASE].includes(error.code);
    if (fresh) return new Map();
    throw error;
  }
}

async function createTable(ch: ClickHouse, values: MigrationValues): Promise<void> {
  await ch.command(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(values.database)}`, {
    settings: ANYWHERE,
  });
  await ch.command(
    `CREATE TABLE IF NOT EXISTS ${tableOf(values)} (
       number UInt32,
       file String,
       checksum String,
       applied_at DateTime64(3) DEFAULT now64(3)
     ) ENGINE = ReplacingMergeTree ORDER BY number`,
    { settings: ANYWHERE },
  );
}

async function apply(ch: ClickHouse, migration: Migration, values: MigrationValues): Promise<void> {
  for (const statement of migration.statements) {
    try {
      await ch.command(statement, { settings: { database: values.database } });
    } catch (error) {
      if (!(error instanceof ClickHouseError)) throw error;
      throw new ClickHouseError(`migration ${migration.file}: ${error.message}`, error.code, error.retriable);
    }
  }
  await ch.command(
    `INSERT INTO ${tableOf(values)} (number, file, checksum) SELECT {number:UInt32}, {file:String}, {checksum:String}`,
    {
      params: { number: migration.number, file: migration.file, checksum: migration.checksum },
      settings: ANYWHERE,
    },
  );
}
