import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { VERSION_FILE } from '../../data-version.ts';
import { type Size, sizeOf } from './size.ts';

/** What ATI keeps in a data directory and a reset deletes, with what it is. Tokens stay: they are access, not data. */
const DATA: Readonly<Record<string, string>> = {
  kafka: 'embedded Kafka: topics and offsets',
  clickhouse: 'embedded ClickHouse: tables',
  salts: 'salts of hashed arguments',
  logs: 'logs of the services',
  replay: 'lock of replays',
  soak: 'reports of soaks',
};

export interface Part extends Size {
  readonly name: string;
  readonly about: string;
}

export interface DirectoryPlan {
  readonly directory: string;
  readonly parts: readonly Part[];
  /** Names that are not ATI's data: they are left. */
  readonly left: readonly string[];
}

export type Looked =
  | { readonly ok: true; readonly plan: DirectoryPlan }
  | { readonly ok: false; readonly reason: string };

/** What there is to delete; a directory without ATI's marks is refused. */
export async function lookAt(directory: string): Promise<Looked> {
  if (!existsSync(directory)) return { ok: true, plan: { directory, parts: [], left: [] } };
  const names = readdirSync(directory).sort();
  // The broker's mark counts too: directories from before there was a VERSION have no other.
  const marks = [VERSION_FILE, path.join('kafka', 'meta.json')];
  if (names.length > 0 && !marks.some((mark) => existsSync(path.join(directory, mark)))) {
    const reason = `${directory} is not a data directory of ATI (there is no ${VERSION_FILE} in it): nothing was deleted; does ATI_DATA_DIR name the right one?`;
    return { ok: false, reason };
  }
  const ours = names.filter((name) => name in DATA);
  const parts = await Promise.all(
    ours.map(async (name) => ({ name, about: DATA[name], ...(await sizeOf(path.join(directory, name))) })),
  );
  const known = new Set([...ours, VERSION_FILE, 'lock']);
  return { ok: true, plan: { directory, parts, left: names.filter((name) => !known.has(name)) } };
}

/** Deletes what the plan says. The mark goes last: what a crash leaves is still known as ATI's, and deleted the next time. */
export async function deleteParts({ directory, parts }: DirectoryPlan): Promise<void> {
  for (const { name } of parts) await rm(path.join(directory, name), { recursive: true, force: true });
  await rm(path.join(directory, VERSION_FILE), { force: true });
}
