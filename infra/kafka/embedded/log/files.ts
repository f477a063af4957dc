import { closeSync, fsyncSync, openSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes all of `bytes` at `position`; throws the system's error (ENOSPC …), perhaps after a part of it. */
export function writeAll(fd: number, bytes: Buffer, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

/** Reads up to `length` bytes at `position`; less at the end of the file. */
export function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}

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
