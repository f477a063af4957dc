import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive } from '#infra/stack/fixtures/place.ts';
import { freePorts } from '#infra/stack/temporary.ts';
import { eventually } from '../support/otlp-client.ts';
import { Program } from '../support/program.ts';

let dataDir: string;
let env: Record<string, string>;
const started: Program[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'ati-demo-'));
  env = { ...(await freePorts()), ATI_DATA_DIR: dataDir };
});
afterEach(async () => {
  for (const program of started.splice(0)) {
    if (program.running) program.signal('SIGTERM');
    await program.exit();
  }
  rmSync(dataDir, { recursive: true, force: true });
});

function run(file: string, args: readonly string[] = [], more: Record<string, string> = {}): Program {
  const program = new Program(file, args, { ...env, ...more });
  started.push(program);
  return program;
}

/** Pids of the processes that were started on this data directory, from their own logs. */
function servicePids(): number[] {
  const names = [
    'broker',
    'engine',
    'sink',
    'processor',
    'ingest',
    'api',
    'tool-service',
    'agent-app',
    'second-agent-app',
  ];
  return names.map((name) => {
    const [line] = readFileSync(path.join(dataDir, 'logs', `${name}.log`), 'utf8').split('\n');
    return (JSON.parse(line) as { pid: number }).pid;
  });
}

describe('npm run demo', () => {
  test('names every failure, and again on the same data directory; Ctrl-C leaves nothing running', async () => {
    const first = run('scenarios/demo/main.ts', ['--once', '--seed', '7']);
    expect(await first.exit(), first.screen).toBe(0);
    expect(first.screen).toContain('4 of 4 failing workflows named, nothing on the 5 healthy ones.');

    const second = run('scenarios/demo/main.ts', ['--seed', '8']);
    await second.shows('Ctrl-C stops everything.');
    expect(second.screen).toContain('4 of 4 failing workflows named');
    const pids = servicePids();
    expect(pids.filter(isAlive)).toHaveLength(9);
    second.signal('SIGINT');
    expect(await second.exit(), second.screen).toBe(0);
    expect(second.screen).toContain('Stopped; nothing is running any more.');
    expect(pids.filter(isAlive)).toEqual([]);
  }, 240_000);

  test('killed with SIGKILL, its services end by themselves', async () => {
    const program = run('infra/stack/main.ts');
    await program.shows('Ctrl-C stops.');
    const pids = servicePids();
    program.signal('SIGKILL');
    await program.exit();
    await eventually('every service has ended', async () => (pids.some(isAlive) ? undefined : true));
  });
});

describe('one clear sentence', () => {
  /** The last line on the screen, where an error is read. */
  const lastLine = (program: Program) => program.screen.trim().split('\n').at(-1);

  test('a port in use names the port and the variable that moves it', async () => {
    const other = createServer().listen(Number(env.ATI_API_PORT), '127.0.0.1');
    await once(other, 'listening');
    const program = run('infra/stack/main.ts');
    expect(await program.exit()).toBe(1);
    other.close();
    expect(lastLine(program)).toBe(
      `port ${env.ATI_API_PORT} (query API) is in use by another program: stop it, or set ATI_API_PORT to a free port`,
    );
  });

  test('a Kafka and a ClickHouse that are not there', async () => {
    const kafka = run('infra/stack/main.ts', [], { KAFKA_BROKERS: '127.0.0.1:1' });
    expect(await kafka.exit()).toBe(1);
    expect(lastLine(kafka)).toContain('cannot reach Kafka at 127.0.0.1:1');
    const clickhouse = run('infra/stack/main.ts', [], { CLICKHOUSE_URL: 'http://127.0.0.1:1' });
    expect(await clickhouse.exit()).toBe(1);
    expect(lastLine(clickhouse)).toContain('cannot reach ClickHouse at http://127.0.0.1:1');
  });

  test('a second installation on the same data directory', async () => {
    const first = run('infra/stack/main.ts', ['--no-agents']);
    await first.shows('Ctrl-C stops.');
    const second = run('infra/stack/main.ts', [], await freePorts());
    expect(await second.exit()).toBe(1);
    expect(lastLine(second)).toContain(`ATI is already running on ${dataDir}`);
    expect(first.running).toBe(true);
  });

  test('a data directory that is none', async () => {
    const file = path.join(dataDir, 'file');
    writeFileSync(file, '');
    const program = run('infra/stack/main.ts', [], { ATI_DATA_DIR: file });
    expect(await program.exit()).toBe(1);
    expect(lastLine(program)).toMatch(
      /^cannot write to .*file .*: set ATI_DATA_DIR to a folder that you may write$/,
    );
  });

  test('a wrong configuration names every variable and exits 2', async () => {
    const program = run('scenarios/demo/main.ts', [], { ATI_WORKERS: '0', ATI_WINDOW_MS: '0' });
    expect(await program.exit()).toBe(2);
    expect(program.screen).toMatch(/ATI_WORKERS: .*[\s\S]*ATI_WINDOW_MS: /);
  });

  test('other machines without tokens: refused before anything is started, with what to do', async () => {
    const program = run('infra/stack/main.ts', [], { ATI_DATA_DIR: dataDir, ATI_HOST: '0.0.0.0' });
    expect(await program.exit()).toBe(1);
    expect(lastLine(program)).toMatch(
      /^ATI_HOST: 0\.0\.0\.0 is not a loopback address, .*make a token .*ATI_TRUSTED_NETWORK=true/,
    );
  });
});
