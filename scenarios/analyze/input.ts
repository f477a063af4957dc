/** The files that were named, and standard input. */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { messageOf } from '#infra/errors.ts';

export type Input =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string };

/** The bytes of a file; `-` is standard input. */
export async function readInput(file: string, stdin: NodeJS.ReadableStream): Promise<Input> {
  try {
    return { ok: true, bytes: file === '-' ? await buffer(stdin) : readFileSync(file) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const known: Record<string, string> = {
      ENOENT: 'there is no such file',
      EISDIR: 'is a folder',
      EACCES: 'may not be read',
    };
    return { ok: false, reason: known[code] ?? messageOf(error) };
  }
}
