/** Files that are whole after a crash, whatever was being written. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a small file so that a crash leaves the old or the new content, never a part. */
export function replaceFile(path: string, content: string, fsync: boolean): void {
  const next = `${path}~`;
  writeFileSync(next, content, { flush: fsync });
  renameSync(next, path);
  if (fsync) syncDirectory(dirname(path));
}

/** Makes renames and new files in a directory survive a power failure, where the system can do that. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return; // directories cannot be opened there
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
