/** Migration files: `NNNN-name.sql`, numbered from 0001 without gaps. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '#infra/errors.ts';
import { splitStatements } from './statements.ts';

export interface Migration {
  readonly number: number;
  /** The file's name. */
  readonly file: string;
  /** SHA-256 of the file as it is, before templating. */
  readonly checksum: string;
  readonly statements: readonly string[];
}

/** What a file may refer to, as `{database}` and `{ttlDays}`; any other `{word}` is left as it is. */
export interface MigrationValues {
  readonly database: string;
  readonly ttlDays: number;
}

/** In order; throws UserError that names the file which is misnamed, twice there or missing. */
export async function readMigrations(directory: string, values: MigrationValues): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  const migrations: Migration[] = [];
  for (const file of files) {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1]);
    if (Number.isNaN(number)) throw new UserError(`migration ${file}: the name must be like 0001-name.sql`);
    const expected = migrations.length + 1;
    if (number !== expected)
      throw new UserError(`migration ${file}: expected number ${String(expected).padStart(4, '0')} here`);
    const sql = await readFile(path.join(directory, file), 'utf8');
    migrations.push({
      number,
      file,
      checksum: createHash('sha256').update(sql).digest('hex'),
      statements: splitStatements(fill(sql, values)),
    });
  }
  return migrations;
}

function fill(sql: string, values: MigrationValues): string {
  return sql.replaceAll('{database}', values.database).replaceAll('{ttlDays}', String(values.ttlDays));
}
