import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createToken, revokeToken } from './store.ts';
import { digestOf } from './token.ts';
import { parseTokens, readTokens } from './token-file.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ati-tokens-'));
  file = path.join(dir, 'new', 'tokens.json');
});
afterEach(() => rm(dir, { recursive: true }));

async function create(name: string): Promise<string> {
  const made = await createToken(file, { name, tenant: 'a', scopes: ['read'] }, NOW);
  if (!made.ok) throw new Error(made.reason);
  return made.value;
}

test('a token is made once, kept as a digest in a file of its owner, and no draft is left', async () => {
  const token = await create('first');
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain(token);
  expect(text).not.toContain(token.slice(8));
  expect(await readTokens(file)).toEqual({
    ok: true,
    tokens: [
      {
        name: 'first',
        tenant: 'a',
        scopes: ['read'],
        sha256: digestOf(token).toString('hex'),
        begins: token.slice(0, 8),
        createdAt: '2026-01-01T00:00:00.000Z',
      },
    ],
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(['tokens.json']);
});

test('a name is one token’s; a revoked one is gone and its name free; the last one leaves an empty file', async () => {
  await create('a');
  await create('b');
  const again = await createToken(file, { name: 'a', tenant: 'a', scopes: ['read'] }, NOW);
  expect(again).toEqual({
    ok: false,
    reason: 'there is a token a already: revoke it first, or choose another name',
  });
  expect((await revokeToken(file, 'c')).ok).toBe(false);
  expect(await revokeToken(file, 'a')).toMatchObject({ ok: true, value: { name: 'a' } });
  expect(await revokeToken(file, 'b')).toMatchObject({ ok: true });
  expect(await readTokens(file)).toEqual({ ok: true, tokens: [] });
  await create('a');
});

test('many at once: each is in the file or was refused, none is lost', async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      createToken(file, { name: `t${i}`, tenant: 'a', scopes: ['read'] }, NOW),
    ),
  );
  const read = await readTokens(file);
  const names = made.flatMap((each, i) => (each.ok ? [`t${i}`] : []));
  expect(names.length).toBeGreaterThan(0);
  expect(read.ok && read.tokens.map(({ name }) => name).sort()).toEqual(names);
  for (const each of made) if (!each.ok) expect(each.reason).toContain('another command changes the tokens');
});

test('a file that is damaged or of another kind stays as it is', async () => {
  await create('a');
  await writeFile(file, 'secret-canary');
  for (const change of [
    () => createToken(file, { name: 'b', tenant: 'a', scopes: ['read'] }, NOW),
    () => revokeToken(file, 'a'),
  ]) {
    const changed = await change();
    expect(changed.ok).toBe(false);
    expect(!changed.ok && changed.reason).toMatch(/tokens\.json is not a file of tokens: it is not JSON$/);
  }
  expect(await readFile(file, 'utf8')).toBe('secret-canary');
  expect(await readdir(path.dirname(file))).toEqual(['tokens.json']);
});

test.skipIf(process.platform === 'win32')('a file that others may write is refused', async () => {
  await create('a');
  await chmod(file, 0o620);
  expect(await readTokens(file)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('can be written by others: chmod 600'),
  });
});

describe('a file of tokens', () => {
  const good = {
    name: 'a',
    tenant: 'a',
    scopes: ['read'],
    sha256: 'a'.repeat(64),
    begins: 'ati_aaaa',
    createdAt: '2026-01-01T00:00:00Z',
  };
  const fileOf = (...tokens: object[]) => JSON.stringify({ version: 1, tokens });

  test.each([
    ['[]', 'the file: '],
    ['{"version":2,"tokens":[]}', 'version: '],
    [
      JSON.stringify({ version: 1, tokens: [], 'secret-canary': 1 }),
      'the file: has a field that is not known',
    ],
    [fileOf({ ...good, token: 'secret-canary' }), 'tokens.0: has a field that is not known'],
    [fileOf({ ...good, scopes: ['secret-canary'] }), 'tokens.0.scopes.0: '],
    [fileOf({ ...good, scopes: [] }), 'tokens.0.scopes: must name a scope'],
    [fileOf({ ...good, tenant: '../secret-canary' }), 'tokens.0.tenant: must be a-z'],
    [fileOf({ ...good, tenant: 'A' }), 'tokens.0.tenant: must be a-z'],
    [fileOf({ ...good, sha256: 'secret-canary' }), 'tokens.0.sha256: must be 64 hex digits'],
    [fileOf({ ...good, expiresAt: 'secret-canary' }), 'tokens.0.expiresAt: '],
    [fileOf(good, { ...good, sha256: 'b'.repeat(64) }), 'tokens: names must differ'],
  ])('%s is refused with where and why, and nothing of it is quoted', (text, reason) => {
    const read = parseTokens(text);
    expect(!read.ok && read.reason).toContain(reason);
    expect(JSON.stringify(read)).not.toContain('secret-canary');
  });

  test('whatever is in it, it is read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => void expect(parseTokens(text).ok).toBe(false)),
    );
  });
});
