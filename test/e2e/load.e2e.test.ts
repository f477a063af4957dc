import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testPeer } from '#infra/peers/testing.ts';
import { freePort } from '#infra/ports.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually } from '../support/otlp-client.ts';
import { Program } from '../support/program.ts';

const k6 = testPeer('k6');
const K6_SCRIPT = path.resolve(import.meta.dirname, '../../producers/load/k6/load.js');

/** Far from every threshold: a busy machine neither hides a failure nor makes one. */
const PROFILE = {
  about: 'three workflows at a time for five seconds',
  durationS: 5,
  arrivals: {
    type: 'concurrent',
    stages: [
      { atS: 0, workflows: 1 },
      { atS: 2, workflows: 3 },
    ],
  },
  mix: [
    { weight: 2, workflow: { scenario: 'react', max_steps: 3 } },
    { weight: 1, workflow: { scenario: 'rag' } },
    { weight: 1, workflow: { scenario: 'fanout', fanout: 40, concurrency: 5, delay_ms: 150 } },
    { weight: 1, workflow: { scenario: 'retry', fanout: 30, concurrency: 30, error_rate: 0.5 } },
  ],
  streams: { count: 1, workflow: { scenario: 'stream', duration_s: 2 } },
};

interface Summary {
  readonly lines: readonly { scenario: string; runs: number; errors: number; p50: number; p99: number }[];
  readonly errors: Record<string, number>;
  readonly ati?: {
    readonly traces: number;
    readonly arrived: number;
    readonly agreement: readonly { kind: string; planted: number; found: number; unplanted: number }[];
    readonly incidents: readonly { kind: string; agent: string; state: string; traces: number }[];
  };
  readonly atiError?: string;
}

let installation: Installation;
let directory: string;
let profile: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'ati-load-'));
  profile = path.join(directory, 'profile.json');
  await writeFile(profile, JSON.stringify(PROFILE));
  installation = await startInstallation({ agents: true });
});
afterAll(async () => {
  await installation?.stop();
  await installation?.remove();
  await rm(directory, { recursive: true, force: true });
});

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  new Program('producers/load/main.ts', args, { ...installation.env, ...env });

/** Workflows of a summary, of all scenarios. */
const runsOf = ({ lines }: Summary) => lines.find(({ scenario }) => scenario === 'all')?.runs ?? 0;

/** Closed traces of workflows of a mesh. */
async function traces(mesh: 'first' | 'second'): Promise<number> {
  const [{ count }] = await installation.clickhouse.query<{ count: string }>(
    `SELECT count() AS count FROM ati_traces FINAL WHERE endsWith(RootAgent, '-workflow')
     AND startsWith(RootAgent, 'second-') = ${mesh === 'second'}`,
  );
  return Number(count);
}

describe('npm run load', () => {
  test('every workflow ends well, its trace arrives, and what was planted is found', async () => {
    const program = start([profile, '--json', '--mesh', 'both']);
    expect(await program.exit(), program.screen).toBe(0);
    const summary = JSON.parse(program.output) as Summary;
    const runs = runsOf(summary);
    expect(runs).toBeGreaterThan(10);
    expect(summary.errors).toEqual({});
    const scenarios = summary.lines.map(({ scenario }) => scenario);
    expect(scenarios).toEqual(['fanout', 'rag', 'react', 'retry', 'stream', 'all']);
    for (const { p50, p99 } of summary.lines) expect(p99).toBeGreaterThanOrEqual(p50);
    const [first, second] = [await traces('first'), await traces('second')];
    expect(first + second).toBe(runs);
    expect(Math.abs(first - second)).toBeLessThanOrEqual(2);

    const { ati } = summary;
    expect(ati).toMatchObject({ traces: runs, arrived: runs });
    const planted = (scenario: string) => summary.lines.find((line) => line.scenario === scenario)?.runs;
    expect(ati?.agreement).toEqual([
      { kind: 'fanout_collapse', planted: planted('fanout'), found: planted('fanout'), unplanted: 0 },
      { kind: 'retry_storm', planted: planted('retry'), found: planted('retry'), unplanted: 0 },
    ]);
    expect(new Set(ati?.incidents.map(({ state }) => state))).toEqual(new Set(['open']));
  });

  test('Ctrl-C ends the arrivals: what runs is waited for and told', async () => {
    const program = start([profile, '--json', '--duration', '600']);
    await program.shows(' running: ');
    program.signal('SIGINT');
    expect(await program.exit(), program.screen).toBe(0);
    const summary = JSON.parse(program.output) as Summary;
    expect(runsOf(summary)).toBeGreaterThanOrEqual(2);
    expect(summary.ati?.arrived).toBe(runsOf(summary));
  });

  test('without the query API the latencies are shown, and why nothing else', async () => {
    const port = String(await freePort());
    const args = ['poisson', '--duration', '2', '--mesh', 'second'];
    const program = start(args, { ATI_API_PORT: port });
    expect(await program.exit()).toBe(1);
    expect(program.output).toMatch(/all +│ +\d+ │ +0 │ +\d+ ms/);
    expect(program.screen).toContain(`query API does not answer at http://127.0.0.1:${port} (ECONNREFUSED)`);
    const silent = start([...args, '--no-read-back', '--json'], { ATI_API_PORT: port });
    expect(await silent.exit()).toBe(0);
    expect(JSON.parse(silent.output)).not.toHaveProperty('ati');
  });

  test.each([
    [['nope'], 'no profile nope: there are burst, mix,'],
    [['mix', '--agent', 'http://127.0.0.1.example.org:8080'], 'is another machine'],
    [['recorded', '--duration', '0.1'], 'no workflow was started: the first arrival is at 0.224 s'],
    [['mix', '--duration', '0'], 'must be a number above 0'],
  ])('%j is refused with a reason, and nothing on standard output', async (args, reason) => {
    const program = start([...args, '--json']);
    expect(await program.exit()).toBe(1);
    expect(program.screen).toContain(reason);
    expect(program.output).toBe('');
  });

  test('what is no agent app gets no load', async () => {
    const program = start(['poisson', '--agent', installation.apiUrl]);
    expect(await program.exit()).toBe(1);
    expect(program.screen).toContain(`no agent app answers at ${installation.apiUrl}`);
  });
});

describe.skipIf(k6.missing)(`the same profiles by k6${k6.note}`, () => {
  async function run(env: Record<string, string>): Promise<{ code: number; screen: string }> {
    const sets = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const summary = ['--summary-export', path.join(directory, 'k6.json')];
    const args = ['run', '--quiet', '--no-usage-report', ...summary, ...sets, K6_SCRIPT];
    return promisify(execFile)(k6.path(), args).then(
      ({ stdout, stderr }) => ({ code: 0, screen: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        screen: error.stdout + error.stderr,
      }),
    );
  }
  async function iterations(): Promise<number> {
    const summary = JSON.parse(await readFile(path.join(directory, 'k6.json'), 'utf8')) as {
      metrics: { iterations: { count: number } };
    };
    return summary.metrics.iterations.count;
  }

  test.each([
    ['of the test', () => ({ PROFILE: profile })],
    // Ten of its arrivals lie before this.
    ['recorded', () => ({ PROFILE: 'recorded', DURATION_S: '4' })],
    ['poisson', () => ({ PROFILE: 'poisson', DURATION_S: '3' })],
  ])(
    'the profile %s: every workflow ends well, and its trace arrives',
    async (name, env) => {
      const before = await traces('first');
      const { code, screen } = await run({ ...env(), AGENT_URL: installation.agentUrl });
      expect(code, screen).toBe(0);
      const count = await iterations();
      if (name === 'recorded') expect(count).toBe(10);
      expect(count).toBeGreaterThan(5);
      await eventually(
        `${count} traces`,
        async () => (await traces('first')) === before + count || undefined,
      );
    },
    120_000,
  );

  test.each([
    [{ AGENT_URL: 'http://127.0.0.1.example.org:8080' }, 'is another machine'],
    [{ PROFILE: 'recorded', DURATION_S: '0.1' }, 'no workflow would be started'],
  ])('%j is refused with a reason', async (env, reason) => {
    const { code, screen } = await run(env as Record<string, string>);
    expect(code).not.toBe(0);
    expect(screen).toContain(reason);
  });

  test('workflows that fail make it fail', async () => {
    const env = { PROFILE: 'poisson', DURATION_S: '2', AGENT_URL: installation.apiUrl };
    const { code, screen } = await run(env);
    expect(code, screen).toBe(99);
  });
});
