import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '#infra/files.ts';
import { lockDirectory } from '../../data-lock.ts';

/** Version of the files' layout; raised when an older broker could not read them. */
const FORMAT = 1;

export interface DataDirectory {
  readonly clusterId: string;
  /** The last owner has stopped in order: nothing can be torn. */
  readonly clean: boolean;
  /** To be called when everything is written and closed. */
  release(): void;
}

export type Opened = { ok: true; directory: DataDirectory } | { ok: false; reason: string };

/** Makes or takes the broker's directory for this process; `reason` says what the user can do. */
export function openDataDirectory(path: string): Opened {
  // It holds everybody's telemetry: no other user of the machine may read it.
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(path);
  if (!lock.ok) {
    const reason = `${path} is in use by another embedded broker (pid ${lock.pid}): stop it, or set ATI_DATA_DIR`;
    return { ok: false, reason };
  }
  const meta = readMeta(join(path, 'meta.json'));
  if (typeof meta === 'string') {
    lock.release();
    return { ok: false, reason: meta };
  }
  const marker = join(path, 'clean-stop');
  const clean = existsSync(marker);
  rmSync(marker, { force: true });
  const release = (): void => {
    writeFileSync(marker, '');
    lock.release();
  };
  return { ok: true, directory: { clusterId: meta.clusterId, clean, release } };
}

/** The directory's identity, made when it is new; a text says why it cannot be used. */
function readMeta(path: string): { clusterId: string } | string {
  if (!existsSync(path)) {
    const clusterId = randomBytes(16).toString('base64url');
    replaceFile(path, `${JSON.stringify({ format: FORMAT, clusterId })}\n`, true);
    return { clusterId };
  }
  let meta: { format?: unknown; clusterId?: unknown };
  try {
    meta = JSON.parse(readFileSync(path, 'utf8')) as typeof meta;
  } catch {
    return `${path} cannot be read: restore it, or move the directory away to begin with an empty one`;
  }
  if (meta.format !== FORMAT || typeof meta.clusterId !== 'string') {
    return (
      `${path} has format ${String(meta.format)}, this broker reads ${FORMAT}: use the version of ATI that wrote ` +
      'it, or move the directory away to begin with an empty one'
    );
  }
  return { clusterId: meta.clusterId };
}
