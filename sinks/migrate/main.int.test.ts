import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnEngine } from '#infra/clickhouse/embedded/spawn.ts';

let dataDir: string;
let engine: Awaited<ReturnType<typeof spawnEngine>>;
beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'ati-migrate-'));
  engine = await spawnEngine({ dataDir });
});
afterAll(async () => {
  await engine?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

function run(...args: string[]) {
  const main = path.join(import.meta.dirname, 'main.ts');
  const env = { ...process.env, CLICKHOUSE_URL: engine.url };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { env, encoding: 'utf8' });
  return { status, screen: stdout + stderr };
}

test('a dry run shows the SQL and changes nothing; then it is applied, once', () => {
  for (let twice = 0; twice < 2; twice++) {
    const dry = run('--dry-run');
    expect(dry.screen).toContain('CREATE TABLE IF NOT EXISTS');
    expect(dry.screen).toMatch(/^would apply: 0001-.*\.sql, /m);
  }
  expect(run().screen).toMatch(/^applied: 0001-/m);
  const again = run();
  expect([again.status, again.screen]).toEqual([0, 'ati is up to date\n']);
});

test('a database that does not answer: one sentence and exit 1', async () => {
  await engine.stop();
  const { status, screen } = run();
  expect(status).toBe(1);
  expect(screen.trim().split('\n')).toHaveLength(1);
  expect(screen).toContain('cannot migrate ati: ');
});
