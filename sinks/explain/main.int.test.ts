import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import type { Api } from '../api/deps.ts';
import { apiOver } from '../api/testing.ts';
import { spans } from '../projections/spans.ts';
import { traces } from '../projections/traces.ts';
import {
  finding,
  hex,
  insight,
  spanBatch,
  startDatabase,
  store,
  type TestDatabase,
  traceSummary,
} from '../testing.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const START = 1_700_000_000_000_000_000n;
let db: TestDatabase;
let api: Api;
let url: string;
const children: ChildProcess[] = [];

const slow = traceSummary({
  traceId: hex(1, 32),
  startUnixNano: START,
  durationNs: 500_000_000,
  findings: [
    finding({ recommendations: [{ action: 'budget_retries', text: 'Allow at most 10 retries a minute.' }] }),
  ],
  insights: [
    insight(),
    insight({ kind: 'payload', found: false, answer: 'Not payload-bound.', timeline: [] }),
  ],
});

const listening = async (app: Api) => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
};

beforeAll(async () => {
  db = await startDatabase();
  api = await apiOver(db);
  url = await listening(api);
  await store(db, traces, 'TraceSummary', [
    slow,
    traceSummary({ traceId: hex(2, 32), startUnixNano: START + 5_000_000_000n, rootAgent: 'newest' }),
  ]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await api?.close();
  await db?.stop();
});

function cli(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  // `close`: the pipes are empty too.
  const ended = once(child, 'close').then(([code]) => ({ code, ...output }));
  return { output, ended };
}
const explain = (...args: string[]) => cli(['--api', url, ...args]).ended;

async function openTrace(id: number): Promise<string> {
  const traceId = hex(id, 32);
  const span = {
    ...{ traceId, spanId: hex(id, 16), name: 'plan' },
    ...{ startTimeUnixNano: START, endTimeUnixNano: START + 7n },
  };
  await store(db, spans, 'SpanBatch', [spanBatch([span])]);
  return traceId;
}

describe('a closed trace', () => {
  test('is explained, without colours where it is piped', async () => {
    const { code, out, err } = await explain(slow.traceId.toUpperCase());
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`planner / plan trip (shop): 500 ms, 2 spans, 1 error, 1 finding
trace ${slow.traceId}, 2023-11-14T22:13:20.000Z

Critical path: where the 500 ms went
                        share  could save
  plan  shop  <0.01 ms   <1 %    <0.01 ms  ▏

Findings
  retry_storm  warning  root: planner / plan trip → search *
    → Allow at most 10 retries a minute.

✔ Did one straggler delay the batch?
  search 7 took 400 ms where its siblings took 80 ms.
  │ ████████████████   │ +13 ms  400 ms  search 7  ok

– Do larger payloads take longer?
  Not payload-bound.
`);
  });

  test('piped it is as wide as its longest line, or as COLUMNS says', async () => {
    const said = 'search 7 took 400 ms '.repeat(10).trim();
    const traceId = hex(6, 32);
    await store(db, traces, 'TraceSummary', [{ ...slow, traceId, insights: [insight({ answer: said })] }]);
    const lines = async (COLUMNS: string) =>
      (await cli(['--api', url, traceId], { COLUMNS }).ended).out.split('\n');
    expect(await lines('')).toContain(`  ${said}`);
    const narrow = await lines('70');
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(70);
    expect(narrow.map((line) => line.trim()).join(' ')).toContain(said);
  });

  test('as the API said it', async () => {
    const { code, out } = await explain('--json', slow.traceId);
    const said = await (await fetch(`${url}/v1/traces/${slow.traceId}?spans=0`)).text();
    expect([code, out]).toEqual([0, `${said}\n`]);
    expect(JSON.parse(out)).toMatchObject({
      closed: true,
      insights: [{ kind: 'straggler' }, { found: false }],
    });
  });

  test.each([[[]], [['latest']]])('the newest one, and it says so: %j', async (args) => {
    const { code, out } = await explain(...args);
    expect(code).toBe(0);
    expect(out).toMatch(/^newest \/ plan trip/);
    expect(out).toContain(`trace ${hex(2, 32)} (the newest)`);
  });

  test('the API is where ATI_HOST and ATI_API_PORT say', async () => {
    const { port } = new URL(url);
    expect(await cli([slow.traceId], { ATI_API_PORT: port }).ended).toMatchObject({ code: 0, err: '' });
    const everywhere = { ATI_HOST: '0.0.0.0', ATI_TRUSTED_NETWORK: 'true', ATI_API_PORT: port };
    expect(await cli([slow.traceId], everywhere).ended).toMatchObject({ code: 0, err: '' });
  });
});

describe('an open trace', () => {
  test('is waited for until it has closed', async () => {
    const traceId = await openTrace(3);
    const { output, ended } = cli(['--api', `${url}/`, traceId]);
    await until('the progress', () => output.err !== '');
    expect(output.err).toMatch(new RegExp(`^trace ${traceId} has not closed yet: waiting up to \\d+ s\n$`));
    await store(db, traces, 'TraceSummary', [{ ...slow, traceId, rootAgent: 'late' }]);
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^late \/ plan trip/);
  });

  test('is waited for before its first span is there', async () => {
    const traceId = hex(4, 32);
    const { output, ended } = cli(['--api', url, traceId]);
    await until('the progress', () => output.err !== '');
    expect(output.err).toMatch(new RegExp(`^trace ${traceId} is not there yet: waiting up to \\d+ s\n$`));
    await store(db, traces, 'TraceSummary', [{ ...slow, traceId }]);
    expect(await ended).toMatchObject({ code: 0 });
  });

  test('with --no-wait it is said to be open', async () => {
    const traceId = await openTrace(5);
    const open = await explain('--no-wait', traceId);
    expect(open).toMatchObject({ code: 1, out: '' });
    expect(open.err).toMatch(new RegExp(`^trace ${traceId} has not closed: .*root span.*\n$`));
    const json = await explain('--no-wait', '--json', traceId);
    expect([json.code, JSON.parse(json.out).closed]).toEqual([1, false]);
  });
});

describe('no explanation: one sentence', () => {
  test('no such trace', async () => {
    expect(await explain('--no-wait', hex(9, 32))).toEqual({
      code: 1,
      out: '',
      err: `no trace ${hex(9, 32)} at ${url}: no span of it has arrived (GET /v1/traces lists those that have closed)\n`,
    });
  });

  test('no trace at all', async () => {
    await db.clickhouse.command('CREATE DATABASE fresh');
    await db.clickhouse.command(`CREATE TABLE fresh.ati_traces AS ${db.database}.ati_traces`);
    const fresh = await apiOver({ ...db, database: 'fresh' });
    const empty = await listening(fresh);
    expect(await cli(['--api', empty, '--no-wait']).ended).toEqual({
      code: 1,
      out: '',
      err: `no trace has closed yet at ${empty}: run a workflow first\n`,
    });
    await fresh.close();
  });

  test('nobody there', async () => {
    // The discard port of loopback: nobody listens there.
    for (const args of [[], [hex(1, 32)]]) {
      const { code, out, err } = await cli(args, { ATI_API_PORT: '9' }).ended;
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(
        /^ATI's query API does not answer at http:\/\/127\.0\.0\.1:9 \(.+\): is ATI running\? npm start, or --api URL\n$/,
      );
    }
  });
});

describe('options', () => {
  test('--help', async () => {
    const { code, out } = await cli(['--help']).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/--json[\s\S]*--api[\s\S]*--wait[\s\S]*--no-wait[\s\S]*--all[\s\S]*Exit code/);
  });

  test('what is wrong with one', async () => {
    const { code, out, err } = await cli(['abc']).ended;
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/'abc' is invalid.*32 hex digits/);
  });

  test('a configuration that is wrong, unless --api makes it unneeded', async () => {
    const wrong = { ATI_API_PORT: 'x' };
    expect(await cli([slow.traceId], wrong).ended).toMatchObject({
      code: 2,
      err: expect.stringMatching('ATI_API_PORT'),
    });
    expect(await cli(['--api', url, slow.traceId], wrong).ended).toMatchObject({ code: 0 });
  });
});
