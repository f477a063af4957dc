import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { replayTablesOf, tenantViewsOf } from '../../clickhouse/beside.ts';
import { testClickHouse } from '../../clickhouse/testing/engine.ts';
import { lockDirectory } from '../../data-lock.ts';
import { openDataVersion } from '../../data-version.ts';
import { ensureAtiTopics } from '../../kafka/ensure.ts';
import { type TestKafka, testKafka } from '../../kafka/testing.ts';
import { TOPICS } from '../../topics.ts';

const MAIN = path.join(import.meta.dirname, 'main.ts');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ati-reset-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function reset(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const all = { PATH: process.env.PATH, ATI_DATA_DIR: directory, ...env };
    execFile(process.execPath, [MAIN, ...args], { env: all }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

/** A data directory as an installation leaves it. */
function used(): void {
  openDataVersion(directory);
  for (const name of ['kafka', 'clickhouse', 'logs', 'salts']) {
    mkdirSync(path.join(directory, name));
    writeFileSync(path.join(directory, name, 'file'), 'x'.repeat(1_500));
  }
  writeFileSync(path.join(directory, 'tokens.json'), '{}');
  writeFileSync(path.join(directory, 'notes.txt'), 'mine');
}

describe('a data directory', () => {
  test('what it deletes is said; what is not ATI’s data stays', async () => {
    used();
    const { code, stdout } = await reset(['--yes']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `${path.join(directory, 'kafka')}  1.5 KB in 1 file (embedded Kafka: topics and offsets)`,
    );
    expect(stdout).toContain(`It leaves in ${directory}: notes.txt, tokens.json`);
    expect(stdout).toContain(`reset: 6.0 KB in ${directory} deleted`);
    expect(readdirSync(directory).sort()).toEqual(['notes.txt', 'tokens.json']);
    expect(openDataVersion(directory)).toEqual({ ok: true, migrated: [] });
  });

  test('a dry run deletes nothing', async () => {
    used();
    const before = readdirSync(directory);
    const { code, stdout } = await reset(['--dry-run']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('dry run: nothing was deleted')]);
    expect(readdirSync(directory)).toEqual(before);
  });

  test('where nobody can be asked, nothing is deleted without --yes', async () => {
    used();
    const { code, stderr } = await reset([]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('say --yes')]);
    expect(existsSync(path.join(directory, 'kafka/file'))).toBe(true);
  });

  test('one that is not ATI’s is refused', async () => {
    mkdirSync(path.join(directory, 'logs'));
    writeFileSync(path.join(directory, 'logs', 'mine'), 'precious');
    const { code, stderr } = await reset(['--yes']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not a data directory of ATI')]);
    expect(existsSync(path.join(directory, 'logs', 'mine'))).toBe(true);
  });

  test.each(['.', 'kafka'])('refused while ATI runs on it (lock in %s)', async (place) => {
    used();
    const lock = lockDirectory(path.join(directory, place));
    const { code, stderr } = await reset(['--yes']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`is running on ${path.join(directory, place)} (process ${process.pid})`),
    ]);
    expect(existsSync(path.join(directory, 'salts/file'))).toBe(true);
    if (lock.ok) lock.release();
  });

  test('there may be nothing to delete', async () => {
    const { code, stdout } = await reset([]);
    expect([code, stdout]).toEqual([0, `there is nothing to delete in ${directory}\n`]);
    const missing = await reset([], { ATI_DATA_DIR: path.join(directory, 'none') });
    expect(missing.code).toBe(0);
    expect(existsSync(path.join(directory, 'none'))).toBe(false);
  });
});

describe('a Kafka and a ClickHouse of their own', () => {
  let broker: TestKafka;
  let engine: Awaited<ReturnType<typeof testClickHouse>>;
  let env: Record<string, string>;
  const prefix = `reset-${process.pid}-`;
  beforeAll(async () => {
    broker = await testKafka();
    engine = await testClickHouse();
    env = {
      KAFKA_BROKERS: broker.brokers.join(','),
      CLICKHOUSE_URL: engine.url,
      CLICKHOUSE_DATABASE: engine.database,
      ATI_TOPIC_PREFIX: prefix,
    };
  });
  afterAll(async () => {
    await engine?.stop();
    await broker?.close();
  });
  const tables = async () => {
    const answer = await engine.client().query({ query: 'SHOW TABLES', format: 'TabSeparated' });
    return (await answer.text()).trim().split('\n');
  };
  const exists = (topic: string) =>
    broker.kafka.offsets(topic).then(
      () => true,
      () => false,
    );

  test('a database that is not ATI’s is refused; topics of the prefix and ATI’s tables go, others stay', async () => {
    const mine = await broker.topic(1);
    await ensureAtiTopics(broker.kafka, { ATI_TOPIC_PREFIX: prefix, ATI_PARTITIONS: 2 });
    const client = engine.client();
    const make = (name: string) =>
      client.command({ query: `CREATE TABLE ${name} (a Int32) ENGINE = MergeTree ORDER BY a` });
    await make('mine');
    const refused = await reset(['--yes'], env);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('is not ATI’s'.replace('’', "'")),
    ]);
    expect(await exists(`${prefix}ati.spans`)).toBe(true);

    await make('ati_migrations');
    await make('otel_traces');
    await client.insert({ table: 'otel_traces', values: [{ a: 1 }, { a: 2 }], format: 'JSONEachRow' });
    await client.command({ query: 'CREATE VIEW ati_incidents AS SELECT a FROM otel_traces' });
    // As SQL by tenants and a killed replay leave them; and one that has somebody else's table.
    const [views, replay] = [tenantViewsOf(engine.database), replayTablesOf(engine.database)];
    for (const query of [
      `CREATE DATABASE ${views}`,
      `CREATE VIEW ${views}.otel_traces AS SELECT a FROM ${engine.database}.otel_traces`,
      `CREATE DATABASE ${replay}`,
      `CREATE TABLE ${replay}.mine (a Int32) ENGINE = MergeTree ORDER BY a`,
      `CREATE TABLE ${replay}.replay_swap (a Int32) ENGINE = MergeTree ORDER BY a`,
    ])
      await client.command({ query });
    const dry = await reset(['--dry-run'], env);
    expect(dry.stdout).toContain(`${views}  views by tenant`);
    expect(dry.stdout).not.toContain(replay);
    await client.command({ query: `DROP TABLE ${replay}.mine SYNC` });
    const { code, stdout, stderr } = await reset(['--yes'], env);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`topic ${prefix}ati.spans  0 records`);
    expect(stdout).toMatch(/\.otel_traces {2}2 rows/);
    expect(stdout).toContain(`${replay}  left by a replay`);
    expect(stdout).toContain(`It leaves in ${engine.database}: mine`);
    expect(stdout).toContain(`${Object.keys(TOPICS).length} topics`);
    expect(await tables()).toEqual(['mine']);
    const databases = await client.query({ query: 'SHOW DATABASES', format: 'TabSeparated' });
    const names = (await databases.text()).split('\n').filter((name) => name.startsWith(engine.database));
    expect(names).toEqual([engine.database]);
    expect(await exists(`${prefix}ati.spans`)).toBe(false);
    expect(await exists(mine)).toBe(true);
  });
});
