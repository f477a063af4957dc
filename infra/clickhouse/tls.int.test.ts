/** TLS and a login to ClickHouse: the embedded engine with a password, behind a proxy that speaks TLS. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { certificateOf, newAuthority, writePem } from '../testing/certificates.ts';
import { clickhouseAddress } from './address.ts';
import { connectClickHouse } from './client.ts';
import { type SpawnedEngine, spawnEngine } from './embedded/spawn.ts';

const LOGIN = { CLICKHOUSE_USER: 'ati', CLICKHOUSE_PASSWORD: 'canary-right' };
let directory: string;
let engine: SpawnedEngine;
let proxy: ReturnType<typeof createServer>;
let ca: string;
let otherCa: string;
const sockets = new Set<Socket>();

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ati-ch-tls-'));
  const authority = await newAuthority();
  ca = (await writePem(directory, 'ca', authority)).cert;
  otherCa = (await writePem(directory, 'other', await newAuthority('another'))).cert;
  // Whatever ATI_HOST says, the engine is on loopback.
  engine = await spawnEngine({
    dataDir: directory,
    env: { ...LOGIN, ATI_HOST: '0.0.0.0', ATI_TRUSTED_NETWORK: 'true' },
  });
  proxy = createServer(await certificateOf(authority, 'clickhouse'), (client) => {
    const upstream = connect(engine.port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await engine.stop();
  await rm(directory, { recursive: true });
});

async function ask(env: Record<string, string>): Promise<unknown> {
  const { port } = proxy.address() as AddressInfo;
  const read = readConfig({ CLICKHOUSE_URL: `https://127.0.0.1:${port}`, ...env });
  if (!read.ok) throw new Error(read.message);
  const clickhouse = connectClickHouse(clickhouseAddress(read.config));
  try {
    await clickhouse.command('CREATE TABLE IF NOT EXISTS default.t (k UInt32) ENGINE = Memory');
    await clickhouse.insert('default.t', ['k'], 'JSONEachRow', Buffer.from('{"k":7}\n'));
    return await clickhouse.query('SELECT DISTINCT k FROM default.t');
  } catch (error) {
    return (error as Error).message;
  } finally {
    await clickhouse.close();
  }
}

test('the right authority and login: rows in and out', async () => {
  expect(await ask({ CLICKHOUSE_CA: ca, ...LOGIN })).toEqual([{ k: 7 }]);
});

test.each([
  [
    'another authority',
    () => ({ CLICKHOUSE_CA: otherCa, ...LOGIN }),
    /certificate that is not trusted .*CLICKHOUSE_CA/,
  ],
  ['no authority', () => LOGIN, /certificate that is not trusted/],
  [
    'a wrong password',
    () => ({ CLICKHOUSE_CA: ca, ...LOGIN, CLICKHOUSE_PASSWORD: 'canary-wrong' }),
    /516: .*Authentication failed/,
  ],
  [
    'another user',
    () => ({ CLICKHOUSE_CA: ca, ...LOGIN, CLICKHOUSE_USER: 'eve' }),
    /516: .*Authentication failed/,
  ],
])('%s: refused with what to do, without the password', async (_, env, reason) => {
  const said = await ask(env());
  expect(said).toMatch(reason);
  expect(said).not.toContain('canary');
});

test('files of CLICKHOUSE_CA that are none', async () => {
  const file = path.join(directory, 'none.pem');
  await writeFile(file, 'canary');
  await expect(ask({ CLICKHOUSE_CA: file })).rejects.toThrow(
    /^CLICKHOUSE_CA: .* holds no certificate in PEM$/,
  );
  await expect(ask({ CLICKHOUSE_CA: '/nowhere' })).rejects.toThrow(
    /^CLICKHOUSE_CA: \/nowhere cannot be read/,
  );
});

test('no other address of this machine reaches the embedded engine', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of others) {
    // Its port is free there: somebody else could take it.
    const server = createTcpServer();
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(engine.port, address, resolve),
    );
    server.close();
  }
  const refused = await new Promise((resolve) =>
    connect(engine.port, '127.0.0.2')
      .on('error', ({ message }) => resolve(message))
      .on('connect', () => resolve('connected')),
  );
  expect(refused).toContain('ECONNREFUSED');
});
