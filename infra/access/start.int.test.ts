import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { Lifecycle } from '../lifecycle.ts';
import { until } from '../testing/until.ts';
import type { Access } from './access.ts';
import { startAccess } from './start.ts';
import { createToken, revokeToken } from './store.ts';

let dir: string;
let file: string;
let lines = '';
const stopping: Lifecycle[] = [];
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ati-access-'));
  file = path.join(dir, 'tokens.json');
  lines = '';
});
afterEach(async () => {
  for (const lifecycle of stopping.splice(0)) await lifecycle.stop();
  await rm(dir, { recursive: true });
});

async function start(env: Record<string, string> = {}): Promise<Access> {
  const read = readConfig({ ATI_DATA_DIR: dir, ...env });
  if (!read.ok) throw new Error(read.message);
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines += chunk.toString();
      done();
    },
  });
  const log = pino({ level: 'trace' }, sink);
  const lifecycle = new Lifecycle(log);
  stopping.push(lifecycle);
  return startAccess({ config: read.config, log, lifecycle });
}

async function create(name: string): Promise<string> {
  const made = await createToken(file, { name, tenant: 'a', scopes: ['read'] }, new Date());
  if (!made.ok) throw new Error(made.reason);
  return `Bearer ${made.value}`;
}
const letsIn = (access: Access, token?: string) => access.authenticate(token).ok;

describe('without tokens', () => {
  test('on loopback everybody is the default tenant', async () => {
    const access = await start();
    expect(access).toMatchObject({ required: false, anyHost: false });
    expect(access.authenticate(undefined)).toMatchObject({ ok: true, principal: { tenant: 'default' } });
  });

  test.each(['0.0.0.0', '::', '10.0.0.1'])(
    'on %s it does not start, and says what to do',
    async (ATI_HOST) => {
      await expect(start({ ATI_HOST })).rejects.toThrow(
        /^ATI_HOST: .* is not a loopback address.*npm run tokens -- create.*or bind 127\.0\.0\.1, or set ATI_TRUSTED_NETWORK=true/,
      );
      const trusted = await start({ ATI_HOST, ATI_TRUSTED_NETWORK: 'true' });
      expect(trusted).toMatchObject({ required: false, anyHost: true });
    },
  );

  test('a file that is named and missing does not open anything', async () => {
    await expect(start({ ATI_TOKENS_FILE: path.join(dir, 'other') })).rejects.toThrow(
      /^ATI_TOKENS_FILE: there is no .*other/,
    );
  });
});

describe('with tokens', () => {
  test('anywhere: whoever has one', async () => {
    const token = await create('a');
    const places: Record<string, string>[] = [
      {},
      { ATI_HOST: '0.0.0.0' },
      { ATI_HOST: '0.0.0.0', ATI_TRUSTED_NETWORK: 'true' },
    ];
    for (const env of places) {
      const access = await start(env);
      expect(access.required).toBe(true);
      expect(letsIn(access)).toBe(false);
      expect(letsIn(access, token)).toBe(true);
    }
  });

  test('a file without a token lets nobody in', async () => {
    await create('a');
    await revokeToken(file, 'a');
    expect(letsIn(await start({ ATI_HOST: '0.0.0.0' }))).toBe(false);
  });

  test.each(['', 'garbage', '{"version":1}'])('%j in the file: it does not start', async (text) => {
    await writeFile(file, text, { mode: 0o600 });
    await expect(start()).rejects.toThrow('is not a file of tokens');
  });

  test('one that is made counts, one that is revoked no more, without a restart', async () => {
    const first = await create('first');
    const access = await start();
    const second = await create('second');
    await until('the second is known', () => letsIn(access, second));
    await revokeToken(file, 'first');
    await until('the first is refused', () => !letsIn(access, first));
    expect(letsIn(access, second)).toBe(true);
    expect(lines).not.toContain(first.slice('Bearer '.length));
  });

  test('a file that is damaged or gone keeps the last good tokens, and the log says so once', async () => {
    const token = await create('a');
    const access = await start();
    await rename(file, `${file}.away`);
    await until('the log tells', () => lines.includes('the tokens read before stay valid'));
    expect(letsIn(access)).toBe(false);
    expect(letsIn(access, token)).toBe(true);
    await writeFile(file, 'garbage', { mode: 0o600 });
    await until('the log tells', () => lines.includes('it is not JSON; the tokens read before stay valid'));
    expect(letsIn(access)).toBe(false);
    expect(letsIn(access, token)).toBe(true);
    expect(lines.match(/stay valid/g)).toHaveLength(2);
    await rename(`${file}.away`, file);
    await until('it is read again', () => lines.includes('the tokens have changed'));
    expect(letsIn(access, token)).toBe(true);
  });

  test('the first one closes the doors of what runs already; a first file that is none lets nobody in', async () => {
    const access = await start();
    expect(letsIn(access)).toBe(true);
    await writeFile(file, 'garbage', { mode: 0o600 });
    await until('nobody is let in', () => !letsIn(access));
    await rm(file);
    const token = await create('a');
    await until('the token is known', () => letsIn(access, token));
    expect(letsIn(access)).toBe(false);
    expect(access.required).toBe(true);
  });
});
