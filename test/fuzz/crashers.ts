/** Inputs that once broke something, kept as files: `crashers/TARGET/WHAT`. `npm test` runs all of them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const CRASHERS = path.join(import.meta.dirname, 'crashers');

/** Files of a target's crashers, in order of their names. */
export function crashersOf(target: string, directory = CRASHERS): string[] {
  const own = path.join(directory, target);
  try {
    return readdirSync(own)
      .filter((name) => name.endsWith('.bin'))
      .sort()
      .map((name) => path.join(own, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export const readCrasher = (file: string): Uint8Array => Uint8Array.from(readFileSync(file));

/** Gives the file's path. */
export function keepCrasher(target: string, input: Uint8Array, directory = CRASHERS): string {
  const own = path.join(directory, target);
  mkdirSync(own, { recursive: true });
  const file = path.join(own, `${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`);
  writeFileSync(file, input);
  return file;
}
