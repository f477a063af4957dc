/**
 * One process per data directory: a file `lock` with the pid of its owner. The lock of a process that is gone is
 * taken over; where the system tells (Linux), its start time too, so that a pid used again by another program, as
 * after a reboot or in a container, is not taken for the owner.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Locked = { ok: true; release: () => void } | { ok: false; pid: number };

interface Owner {
  readonly pid: number;
  /** Clock ticks since the boot; '' where unknown. */
  readonly startedAt: string;
}

export function lockDirectory(directory: string): Locked {
  const path = join(directory, 'lock');
  const mine = `${path}.${process.pid}`;
  writeFileSync(
    mine,
    JSON.stringify({ pid: process.pid, startedAt: startTime(process.pid) } satisfies Owner),
  );
  try {
    for (;;) {
      // A link appears with its content, and only where there is none yet.
      if (link(mine, path)) return { ok: true, release: () => rmSync(path, { force: true }) };
      const owner = readOwner(path);
      if (owner && isAlive(owner)) return { ok: false, pid: owner.pid };
      removeStale(path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves the lock away to look at it: another process may have taken the stale one over in the meantime. */
function removeStale(path: string): void {
  const grave = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, grave);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const owner = readOwner(grave);
  if (owner && isAlive(owner)) link(grave, path);
  rmSync(grave, { force: true });
}

/** False when `to` is there already. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>;
    const { pid, startedAt } = owner;
    return typeof pid === 'number' && pid > 0 ? { pid, startedAt: String(startedAt ?? '') } : undefined;
  } catch {
    return undefined; // gone in the meantime, or not a lock of ours
  }
}

function isAlive({ pid, startedAt }: Owner): boolean {
  if (pid === process.pid) return false; // an earlier process with our pid: we have not locked yet
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startTime(pid);
  return now === '' || startedAt === '' || now === startedAt;
}

/** Field 22 of /proc/pid/stat, counted behind the command's closing parenthesis. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
