import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '#infra/ports.ts';
import type { Api } from '../api/deps.ts';
import { apiOver, NOW } from '../api/testing.ts';
import { traces } from '../projections/traces.ts';
import { hex, startDatabase, store, type TestDatabase, traceSummary } from '../testing.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const T = NOW - 60_000;
/** When two agents run the same operation: one a few times and long, the other often enough. */
const T2 = T - 7_200_000;
let db: TestDatabase;
let api: Api;
let url: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
  const [share] = traceSummary().shares;
  const all = Array.from({ length: 100 }, (_, i) => {
    const slow = i % 4 === 2 && i >= 60;
    const own = (operation: string, ms: number, instance: string) => ({
      ...share,
      ...{ operation, instance, pathNs: ms * 1e6, dragNs: ms * 1e6 },
    });
    return traceSummary({
      traceId: hex(i + 1, 32),
      startUnixNano: BigInt(T) * 1_000_000n,
      source: { partition: 0, offset: i, sequence: 0, clock: T },
      errorCount: 0,
      shares: [own('plan', 20, ''), own('search', slow ? 900 : 100 + (i % 5), `host-${i % 4}`)],
    });
  });
  const two = Array.from({ length: 40 }, (_, i) => {
    const rootAgent = i < 6 ? 'rare' : 'often';
    const slow = rootAgent === 'rare' || i >= 35;
    return traceSummary({
      traceId: hex(i + 1001, 32),
      startUnixNano: BigInt(T2) * 1_000_000n,
      source: { partition: 0, offset: i + 1000, sequence: 0, clock: T2 },
      rootAgent,
      shares: [{ ...share, pathNs: (slow ? 9_000 : 100) * 1e6 + i, dragNs: 0 }],
    });
  });
  await store(db, traces, 'TraceSummary', [...all, ...two]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

async function cli(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  // `close`: the pipes are empty too.
  const [code] = await once(child, 'close');
  return { code, ...output };
}
/** The API's clock stands still in 2023, so the range is said. */
const why = (...args: string[]) =>
  cli(['--api', url, '--from', `${T - 1000}`, '--to', `${T + 1000}`, ...args]);

describe('causes are named', () => {
  test('without colours where it is piped', async () => {
    const { code, out, err } = await why('--slow', 'p90');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^Why planner \/ plan trip \(shop\) is slow: 10 traces of 920 ms on average, \d+ ms more than the 90 of the baseline \(122 ms\)\. 100 % of the extra time is search of shop on host-2\.\n/,
    );
    expect(out).toMatch(
      /\nCritical path of all 100 traces: where 202 ms on average went\n.*\n {2}search +shop +182 ms +90 % /,
    );
    expect(out).toMatch(/\n {2}search +only on host-2 +\+798 ms +100 % +10 of 10 +high +█+/);
    expect(out).toMatch(
      /\n {2}Search of shop took 900 ms of a trace against 102 ms in the baseline: .* Only host-2 is slow: /,
    );
  });

  test('as the API said it', async () => {
    const { code, out } = await why('--slow', '500', '--json', '--operation', 'plan trip');
    const { criticalPath, attribution } = JSON.parse(out);
    expect([code, criticalPath.traces, attribution.causes[0].slowInstances]).toEqual([0, 100, ['host-2']]);
  });

  test('the API is where ATI_HOST and ATI_API_PORT say', async () => {
    const { port } = new URL(url);
    const range = ['--from', `${T}`, '--to', `${T + 1}`, '--slow', 'p90'];
    expect(await cli(range, { ATI_API_PORT: port })).toMatchObject({ code: 0, err: '' });
  });
});

describe('without names and rule', () => {
  const range = ['--from', `${T2}`, '--to', `${T2 + 1}`];

  test('the next root that has enough traces, the percentile that leaves enough, and commands for the others', async () => {
    const { code, out, err } = await cli(['--api', url, ...range]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Why often \/ plan trip \(shop\) is slow: 5 traces /);
    expect(out).toMatch(
      /\nMost time went to rare \/ plan trip \(shop\), but it has 6 traces, and 15 are needed/,
    );
    expect(out).toMatch(/\nOf 34 traces p95 leaves too few: slow is here from p88 on, /);
    expect(out).toMatch(/\nNot about\n {2}npm run why -- --agent rare --from .* # plan trip, 6 traces\n$/);
  });

  test('a program gets what it asked for', async () => {
    const { code, out } = await cli(['--api', url, ...range, '--json']);
    const { attribution } = JSON.parse(out);
    expect([code, attribution.root.agent, attribution.slow]).toEqual([1, 'rare', 'p95']);
  });
});

describe('no causes: one sentence', () => {
  test('too few: the path all the same', async () => {
    const { code, out, err } = await why('--slow', '5000');
    expect([code, err]).toEqual([1, 'Too few: 0 traces to explain, and 5 are needed.\n']);
    expect(out).toMatch(/^planner \/ plan trip \(shop\)\n[\s\S]*Critical path of all 100 traces/);
    expect(out).not.toMatch(/Causes/);
  });

  test('a percentile that leaves too few: the command that leaves enough', async () => {
    const range = ['--from', `${T2}`, '--to', `${T2 + 1}`];
    const { code, err } = await cli(['--api', url, ...range, '--agent', 'often', '--slow', 'p97']);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Too few: 2 traces to explain, and 5 are needed\. There are 34 in all; this leaves enough:\n {2}npm run why -- --agent often --slow p88 --from \d+ /,
    );
  });

  test('no such root: those that there are', async () => {
    const { code, out, err } = await why('--agent', 'none');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^No root operation is --agent none from 2023-.* to 2023-.*; there are:\n {2}npm run why -- --operation 'plan trip' --from .* # 100 traces\n$/,
    );
  });

  test('no trace: when the newest was', async () => {
    const before = ['--from', `${T - 3_600_000}`, '--to', `${T - 1_800_000}`];
    const { code, out, err } = await cli(['--api', url, '--agent', 'none', ...before]);
    expect([code, out]).toEqual([1, '']);
    const newest = new Date(T).toISOString();
    const after = new Date(T + 1000).toISOString();
    expect(err).toMatch(/^No closed trace with a root started from 2023-/);
    expect(err).toMatch(` The newest did at ${newest}:\n  npm run why -- --to ${after} --api ${url}\n`);
    const asSaid = await cli(['--api', url, '--to', after]);
    expect(asSaid.out).toMatch(/Critical path of all 100 traces/);
  });

  test('a time that is yet to come', async () => {
    const { code, err } = await cli(['--api', url, '--to', '2100-01-01T00:00:00Z']);
    expect([code, err]).toEqual([
      1,
      'No closed trace started from 2099-12-31T23:00:00.000Z to 2100-01-01T00:00:00.000Z: that is yet to come.\n',
    ]);
  });

  test('nobody there', async () => {
    const free = `http://127.0.0.1:${await freePort()}`;
    expect(await cli(['--api', free])).toEqual({
      code: 1,
      out: '',
      err: `ATI's query API does not answer at ${free} (ECONNREFUSED): is ATI running? npm start, or --api URL\n`,
    });
  });
});

describe('options', () => {
  test('--help', async () => {
    const { code, out } = await cli(['--help']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Usage: npm run why -- \[options\]\n[\s\S]*--operation[\s\S]*--slow[\s\S]*--baseline-from[\s\S]*Exit code:\n {2}0 {2}causes are named/,
    );
  });

  test('one that is wrong, a configuration that is wrong', async () => {
    expect(await cli(['--slow', 'p1'])).toMatchObject({ code: 2, err: expect.stringMatching('percentile') });
    expect(await cli(['--from', '1h', '--to', '2h'])).toEqual({
      ...{ code: 2, out: '' },
      err: 'error: --from must be before --to\n',
    });
    expect(await cli([], { ATI_API_PORT: 'x' })).toMatchObject({
      code: 2,
      err: expect.stringMatching('ATI_API_PORT'),
    });
  });
});
