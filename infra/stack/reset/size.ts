import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

export interface Size {
  readonly bytes: number;
  readonly files: number;
}

/** All files beneath a path, or the file itself; what is deleted meanwhile counts as nothing. Links are not followed. */
export async function sizeOf(place: string): Promise<Size> {
  const found = await unlessGone(lstat(place));
  if (found === undefined) return { bytes: 0, files: 0 };
  if (!found.isDirectory()) return { bytes: found.size, files: 1 };
  const entries: Dirent[] = (await unlessGone(readdir(place, { withFileTypes: true }))) ?? [];
  const sizes = await Promise.all(entries.map(({ name }) => sizeOf(path.join(place, name))));
  return sizes.reduce((sum, { bytes, files }) => ({ bytes: sum.bytes + bytes, files: sum.files + files }), {
    bytes: 0,
    files: 0,
  });
}

async function unlessGone<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
