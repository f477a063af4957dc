/** The engine as a process: its data directory, its port, its end, and what it does not do to the machine. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../testing/until.ts';
import { post } from '../testing/engine.ts';
import { type SpawnedEngine, type SpawnOptions, spawnEngine } from './spawn.ts';

const engines: SpawnedEngine[] = [];
const directories: string[] = [];

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'ati-engine-test-'));
  directories.push(made);
  return made;
}

async function start(options: SpawnOptions): Promise<SpawnedEngine> {
  const engine = await spawnEngine(options);
  engines.push(engine);
  return engine;
}

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.kill()));
  for (const made of directories.splice(0)) await rm(made, { recursive: true, force: true });
});

const refusal = (starting: Promise<unknown>) =>
  starting.then(
    () => 'started',
    (error: Error) => error.message,
  );

/** Bytes that no client library would send; the first line of the answer. */
function statusLine(port: number, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(head));
    let answer = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      answer += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.split('\r\n', 1)[0]));
  });
}

const select = async (url: string, query: string) => (await post(url, {}, query)).text.trim();

describe('the data directory', () => {
  it('is kept over a restart', async () => {
    const dataDir = await directory();
    const first = await start({ dataDir });
    await post(first.url, {}, 'CREATE DATABASE d');
    await post(first.url, {}, 'CREATE TABLE d.t (a UInt8) ENGINE = MergeTree ORDER BY a');
    await post(first.url, { query: 'INSERT INTO d.t FORMAT TSV' }, '1\n2\n');
    await first.stop();
    const second = await start({ dataDir });
    expect(await select(second.url, 'SELECT sum(a) FROM d.t')).toBe('3');
  });

  it('has one process: the second says who has it', async () => {
    const dataDir = await directory();
    const first = await start({ dataDir });
    const message = await refusal(start({ dataDir }));
    expect(message).toContain(`is in use by process ${first.pid}`);
    expect(await select(first.url, 'SELECT 1')).toBe('1');
  });

  it('is taken over from a process that was killed, and its spooled rows are removed', async () => {
    const dataDir = await directory();
    const first = await start({ dataDir });
    const spool = path.join(dataDir, 'clickhouse', 'spool');
    await writeFile(path.join(spool, 'left'), 'rows');
    await first.kill();
    expect(await readFile(path.join(dataDir, 'clickhouse', 'engine.pid'), 'utf8')).toBe(`${first.pid}\n`);
    const second = await start({ dataDir });
    expect(await select(second.url, 'SELECT 1')).toBe('1');
    expect(await readdir(spool)).toEqual([]);
  });

  it('may have any name: no row is lost where the engine would expand *, ? and {}', async () => {
    const dataDir = path.join(await directory(), "it's {a,b}*? ü");
    await mkdir(dataDir);
    const engine = await start({ dataDir });
    await post(engine.url, {}, 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a');
    expect(await post(engine.url, { query: 'INSERT INTO t FORMAT TSV' }, '1\n2\n')).toMatchObject({
      status: 200,
    });
    expect(await select(engine.url, 'SELECT count() FROM t')).toBe('2');
  });
});

describe('kill -9 in the middle of inserts', () => {
  it('loses no acknowledged row and leaves no half of an insert', async () => {
    const dataDir = await directory();
    const rowsEach = 500;
    const first = await start({ dataDir });
    await post(first.url, {}, 'CREATE DATABASE d');
    await post(first.url, {}, 'CREATE TABLE d.t (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY batch');
    const acknowledged: number[] = [];
    let next = 0;
    const insert = async () => {
      for (;;) {
        const batch = next++;
        const rows = Array.from({ length: rowsEach }, (_, n) => `${batch}\t${n}\n`).join('');
        const answer = await post(first.url, { query: 'INSERT INTO d.t FORMAT TSV' }, rows).catch(
          () => undefined,
        );
        if (answer?.status !== 200) return;
        acknowledged.push(batch);
      }
    };
    const writers = [insert(), insert(), insert()];
    await until('twenty inserts', () => acknowledged.length >= 20);
    await first.kill();
    await Promise.all(writers);

    const second = await start({ dataDir });
    const found = await select(second.url, 'SELECT batch, count() FROM d.t GROUP BY batch ORDER BY batch');
    const counts = new Map(found.split('\n').map((line) => line.split('\t').map(Number) as [number, number]));
    expect(acknowledged.filter((batch) => counts.get(batch) !== rowsEach)).toEqual([]);
    expect([...counts.values()].filter((count) => count !== rowsEach)).toEqual([]);
  });
});

describe('the port', () => {
  it('that is in use is one clear sentence', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const message = await refusal(start({ dataDir: await directory(), port }));
    server.close();
    expect(message).toContain(
      `port ${port} is in use: set ATI_ENGINE_PORT to another one, or CLICKHOUSE_URL`,
    );
  });

  it('is on loopback, for programs and not for web pages', async () => {
    const { url } = await start({ dataDir: await directory() });
    const origin = await post(url, {}, 'SELECT 1', { origin: 'http://evil.example' });
    expect(origin).toMatchObject({ status: 403 });
    const site = await post(url, {}, 'SELECT 1', { 'sec-fetch-site': 'cross-site' });
    expect(site.text).toContain('web pages may not');
  });

  it('lives on whatever stands where the path should', async () => {
    const { url, port } = await start({ dataDir: await directory() });
    // `//x` relative to a URL would be a host, and an empty one is no URL at all.
    for (const target of ['//', '//?query=SELECT+1', '//[/', 'http://', '*', '/%ff', 'x']) {
      const head = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      expect([target, await statusLine(port, head)]).toEqual([
        target,
        expect.stringMatching(/^HTTP\/1.1 [24]\d\d /),
      ]);
    }
    expect(await select(url, 'SELECT 1')).toBe('1');
  });

  it('asks for the password when there is one', async () => {
    const env = { CLICKHOUSE_USER: 'ati', CLICKHOUSE_PASSWORD: 'secret' };
    const { url } = await start({ dataDir: await directory(), env });
    expect(await post(url, {}, 'SELECT 1')).toMatchObject({ status: 401 });
    const wrong = { 'x-clickhouse-user': 'ati', 'x-clickhouse-key': 'Secret' };
    expect(await post(url, {}, 'SELECT 1', wrong)).toMatchObject({ status: 401 });
    const right = { authorization: `Basic ${Buffer.from('ati:secret').toString('base64')}` };
    expect(await post(url, {}, 'SELECT 1', right)).toMatchObject({ status: 200, text: '1\n' });
  });
});

describe('bodies', () => {
  it('are bounded as sent and as decompressed', async () => {
    const env = { ATI_ENGINE_MAX_BODY_BYTES: '100000' };
    const { url } = await start({ dataDir: await directory(), env });
    await post(url, {}, 'CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a');
    const query = 'INSERT INTO t FORMAT LineAsString';
    const large = 'x'.repeat(200_000);
    expect(await post(url, { query }, large)).toMatchObject({ status: 413 });
    for (const [coding, bomb] of [
      ['gzip', gzipSync(large)],
      ['zstd', zstdCompressSync(large)],
    ] as const) {
      const answer = await post(url, { query }, new Uint8Array(bomb), { 'content-encoding': coding });
      expect(answer).toMatchObject({ status: 413 });
      expect(answer.text).toContain('the decompressed request body is over the limit of 100000 bytes');
    }
    expect(await select(url, 'SELECT count() FROM t')).toBe('0');
    expect(await post(url, { query }, 'x'.repeat(90_000))).toMatchObject({ status: 200 });
  });
});

describe('the process', () => {
  it('is not started with the secrets of the machine', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'a secret of the machine';
    const { pid } = await start({ dataDir: await directory(), env: { HTTP_PROXY: 'http://proxy.example' } });
    delete process.env.AWS_SECRET_ACCESS_KEY;
    if (process.platform !== 'linux') return;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    expect(environment).toContain('ATI_DATA_DIR=');
    expect(environment).not.toMatch(/AWS_|HTTP_PROXY/);
  });

  it('answers others while queries are analysed, and runs these side by side', async () => {
    const { url } = await start({ dataDir: await directory() });
    // Scalar subqueries run in the analysis: as a stream this would stop the process.
    const slow = Array.from({ length: 8 }, () => select(url, 'SELECT (SELECT sleep(1.5))'));
    let ended = false;
    const all = Promise.all(slow).then((answers) => {
      ended = true;
      return answers;
    });
    await until('eight queries run', async () => (await select(url, PROCESSES)) === '8');
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    expect(ended).toBe(false);
    expect(await all).toEqual(Array(8).fill('0'));
  });

  it('runs mutations, small as its pools are', async () => {
    const { url } = await start({ dataDir: await directory() });
    await post(url, {}, 'CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a');
    await post(url, { query: 'INSERT INTO t FORMAT TSV' }, '1\n2\n');
    expect(await post(url, { mutations_sync: '1' }, 'ALTER TABLE t DELETE WHERE a = 1')).toMatchObject({
      status: 200,
    });
    expect(await select(url, 'SELECT a FROM t')).toBe('2');
  });

  it('ends also when a query would run on', async () => {
    const { url, stop } = await start({ dataDir: await directory() });
    const sql = 'SELECT sleep(60) SETTINGS function_sleep_max_microseconds_per_block = 60000000';
    const running = post(url, {}, sql).catch(() => 'cut off');
    await until(
      'the query runs',
      async () => (await select(url, 'SELECT count() - 1 FROM system.processes')) === '1',
    );
    await stop();
    expect(await running).toBe('cut off');
  });

  it('ends in order with running queries, and with its parent', async () => {
    const engine = await start({ dataDir: await directory() });
    const running = post(engine.url, {}, 'SELECT sleep(1)');
    await until(
      'the query runs',
      async () => (await select(engine.url, 'SELECT count() - 1 FROM system.processes')) === '1',
    );
    await engine.stop();
    expect(await running).toMatchObject({ status: 200, text: '0\n' });

    const dataDir = await directory();
    const script = `import { spawnEngine } from ${JSON.stringify(path.join(import.meta.dirname, 'spawn.ts'))};
      console.log((await spawnEngine({ dataDir: ${JSON.stringify(dataDir)} })).pid); process.exit(0);`;
    const pid = Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
    );
    await until('it is gone', () => !lives(pid));
  });
});

const PROCESSES = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT (SELECT sleep%'";

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
