/**
 * The version of a data directory: a file `VERSION` in it, JSON with the format's number and the version of ATI that wrote
 * it last. The one home of the rule for the directory as a whole; what lies in it (the broker's `kafka/meta.json`, the
 * database's migrations, ClickHouse's own files) has formats of its own, which this number covers.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ati from '../package.json' with { type: 'json' };
import { messageOf } from './errors.ts';
import { replaceFile } from './files.ts';

/** Raised when an older ATI could not work on what this one writes. */
export const DATA_FORMAT = 1;
export const VERSION_FILE = 'VERSION';

/** Brings a directory from one format to the next; may be run again after a crash in the middle of it. */
export interface DataMigration {
  /** One clause for the log line: what is changed. */
  readonly about: string;
  readonly run: (directory: string) => void;
}

/** By the format they begin with. Directories from before the file existed have format 0. */
const MIGRATIONS: readonly DataMigration[] = [
  { about: 'it says its version from now on', run: () => undefined },
];

export type DataVersion =
  | { readonly ok: true; readonly migrated: readonly string[] }
  /** One sentence for the user: what is wrong, and what to do. */
  | { readonly ok: false; readonly reason: string };

interface Written {
  readonly format: number;
  readonly ati: string;
}

/**
 * Checks a directory that the caller has locked, and brings it to this version's format. A newer or unreadable one is left
 * as it is.
 */
export function openDataVersion(
  directory: string,
  migrations: readonly DataMigration[] = MIGRATIONS,
): DataVersion {
  const path = join(directory, VERSION_FILE);
  const found = readVersion(directory);
  if (typeof found === 'string') return { ok: false, reason: found };
  const current = migrations.length;
  const { format, ati: by } = found ?? { format: isNew(directory) ? current : 0, ati: '' };
  if (format > current) {
    const reason =
      `${directory} was written by ATI ${by} (format ${format}), and this is ATI ${ati.version} (format ${current}): ` +
      'run that version or a later one, or set ATI_DATA_DIR to another folder';
    return { ok: false, reason };
  }
  const steps = migrations.slice(format);
  for (const [i, { about, run }] of steps.entries()) {
    try {
      run(directory);
    } catch (error) {
      const reason =
        `${directory} could not be brought from format ${format + i} to ${format + i + 1} (${about}): ${messageOf(error)}; ` +
        'put that right and start again, it goes on there';
      return { ok: false, reason };
    }
    // After each step: the next start goes on where this one ended.
    write(path, format + i + 1);
  }
  if (steps.length === 0 && by !== ati.version) write(path, current);
  return { ok: true, migrated: steps.map(({ about }) => about) };
}

/** What the file says; undefined where there is none, a sentence where it cannot be understood. */
export function readVersion(directory: string): Written | string | undefined {
  const path = join(directory, VERSION_FILE);
  if (!existsSync(path)) return undefined;
  let said: Partial<Written> | null;
  try {
    said = JSON.parse(readFileSync(path, 'utf8')) as Partial<Written> | null;
  } catch {
    said = null;
  }
  const { format, ati: by } = said ?? {};
  if (typeof format === 'number' && Number.isSafeInteger(format) && format >= 1 && typeof by === 'string')
    return { format, ati: by };
  return (
    `${path} is damaged (it should be like {"format":${DATA_FORMAT},"ati":"${ati.version}"}): restore it from a backup, ` +
    'write it anew if you know which ATI wrote the directory, or set ATI_DATA_DIR to another folder'
  );
}

/** Nothing of ATI's in it but the lock that the caller holds. */
function isNew(directory: string): boolean {
  return !['kafka', 'clickhouse', 'salts'].some((name) => readdirSync(directory).includes(name));
}

function write(path: string, format: number): void {
  replaceFile(path, `${JSON.stringify({ format, ati: ati.version } satisfies Written)}\n`, true);
}
