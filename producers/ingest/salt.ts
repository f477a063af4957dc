/**
 * One secret salt per tenant, so that hashes of one value can be joined within a tenant and not across tenants, and
 * cannot be looked up in a table. Kept at `<data dir>/salts/<tenant>`, or derived from ATI_SALT.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const HEX_SALT = /^[0-9a-f]{64}$/;

/** 16 hex digits of HMAC-SHA256. */
export type HashValue = (value: Uint8Array) => string;

export function hasher(salt: Uint8Array): HashValue {
  const key = createSecretKey(salt); // once: made anew for each value it costs seven times the hash
  return (value) => createHmac('sha256', key).update(value).digest('hex').slice(0, 16);
}

/** From a configured secret: the same on every ingest that has it. */
export function derivedSalt(secret: string, tenant: string): Uint8Array {
  return createHmac('sha256', secret).update(tenant).digest();
}

/**
 * The tenant's persisted salt, made on first use (mode 0600). Ingests that start at once get the same one.
 * Rejects when the file cannot be read or written, or holds anything else than 64 hex digits: a salt that
 * silently changed would break every join with what was hashed before.
 */
export async function persistedSalt(dataDir: string, tenant: string): Promise<Uint8Array> {
  const dir = join(dataDir, 'salts');
  const path = join(dir, tenant);
  const known = await readIfThere(path);
  if (known !== undefined) return parse(known, path);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const draft = join(dir, `.${tenant}.${randomBytes(8).toString('hex')}`);
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, path); // unlike rename, it does not replace the salt that another process has just made
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return parse(await readFile(path, 'utf8'), path);
}

function parse(text: string, path: string): Uint8Array {
  const hex = text.trim();
  if (!HEX_SALT.test(hex)) throw new Error(`${path} is not a salt: 64 hex digits were expected`);
  return Buffer.from(hex, 'hex');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);
