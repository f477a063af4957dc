/** Changes the file of tokens: made and revoked one at a time, whole or not at all. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../errors.ts';
import { syncDirectory } from '../files.ts';
import type { Scope } from './access.ts';
import { beginningOf, digestOf, newToken } from './token.ts';
import { readTokens, type StoredToken } from './token-file.ts';

export interface NewToken {
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date;
}

export type Changed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** Makes a token and gives it: it is known to nobody else, and to be seen this once. */
export function createToken(path: string, given: NewToken, now: Date): Promise<Changed<string>> {
  const token = newToken();
  const stored: StoredToken = {
    name: given.name,
    tenant: given.tenant,
    scopes: [...given.scopes],
    sha256: digestOf(token).toString('hex'),
    begins: beginningOf(token),
    createdAt: now.toISOString(),
    ...(given.expiresAt && { expiresAt: given.expiresAt.toISOString() }),
  };
  return change(path, (tokens) =>
    tokens.some(({ name }) => name === given.name)
      ? {
          ok: false,
          reason: `there is a token ${given.name} already: revoke it first, or choose another name`,
        }
      : { ok: true, value: { tokens: [...tokens, stored], result: token } },
  );
}

/** From then on it is unknown; the file stays, even without a token: then nobody is let in. */
export function revokeToken(path: string, name: string): Promise<Changed<StoredToken>> {
  return change(path, (tokens) => {
    const revoked = tokens.find((token) => token.name === name);
    return revoked === undefined
      ? { ok: false, reason: `there is no token ${name}: npm run tokens -- list shows their names` }
      : { ok: true, value: { tokens: tokens.filter((token) => token !== revoked), result: revoked } };
  });
}

type Edit<T> = (
  tokens: readonly StoredToken[],
) => Changed<{ readonly tokens: readonly StoredToken[]; readonly result: T }>;

/** Reads, edits and replaces the file, with a lock beside it against another that does so at this moment. */
async function change<T>(path: string, edit: Edit<T>): Promise<Changed<T>> {
  const draft = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    // The draft is the lock: it can be made once.
    const file = await open(draft, 'wx', 0o600);
    let replaced = false;
    try {
      const read = await readTokens(path);
      if (!read.ok && !read.missing) return { ok: false, reason: read.reason };
      const edited = edit(read.ok ? read.tokens : []);
      if (!edited.ok) return edited;
      await file.writeFile(`${JSON.stringify({ version: 1, tokens: edited.value.tokens }, null, 2)}\n`);
      await file.sync();
      await rename(draft, path);
      replaced = true;
      syncDirectory(dirname(path));
      return { ok: true, value: edited.value.result };
    } finally {
      await file.close();
      // Once it is in place, a draft of this name is another command's.
      if (!replaced) await rm(draft, { force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return {
        ok: false,
        reason: `${draft} is there: another command changes the tokens, or was killed; then remove it`,
      };
    return { ok: false, reason: `${path} cannot be changed: ${messageOf(error)}` };
  }
}
