import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tenantHashes } from './tenant-hashes.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ati-salts-'));
});
afterEach(() => rm(dir, { recursive: true }));

const value = Buffer.from('the same value');
async function hashed(tenant: string, ATI_SALT = ''): Promise<string> {
  const hashes = tenantHashes({ ATI_SALT, ATI_DATA_DIR: dir });
  await hashes.prepare(tenant);
  return hashes.hashOf(tenant)(value);
}

test.each(['', 'a secret'])(
  'one value: the same hash again, another one for another tenant (ATI_SALT=%j)',
  async (salt) => {
    const [a, again, b] = [await hashed('a', salt), await hashed('a', salt), await hashed('b', salt)];
    expect(again).toBe(a);
    expect(b).not.toBe(a);
    expect(await readdir(dir)).toEqual(salt === '' ? ['salts'] : []);
  },
);

test('a salt that cannot be used is not remembered as one', async () => {
  const hashes = tenantHashes({ ATI_SALT: '', ATI_DATA_DIR: dir });
  await hashes.prepare('a');
  await writeFile(join(dir, 'salts', 'b'), 'damaged');
  await expect(hashes.prepare('b')).rejects.toThrow('is not a salt');
  expect(() => hashes.hashOf('b')).toThrow('the tenant b was not prepared');
});
