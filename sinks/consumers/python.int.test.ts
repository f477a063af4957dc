import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testPeer } from '#infra/peers/testing.ts';
import { until } from '#infra/testing/until.ts';
import { hex, incidentEvent } from '../testing.ts';
import { EVENTS, type IncidentLog, startIncidentLog } from './testing.ts';

const SCRIPT = fileURLToPath(new URL('python/incidents.py', import.meta.url));
const python = testPeer('python');

let log: IncidentLog;
beforeAll(async () => {
  if (python.missing) return;
  log = await startIncidentLog();
  await log.produce(EVENTS);
});
afterAll(() => log?.stop());

interface Run {
  readonly child: ChildProcess;
  /** Standard output so far. */
  output(): string;
  errors(): string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<unknown>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

function run(...args: string[]): Run {
  const options = ['--brokers', log.brokers, '--registry', log.registry, '--topic', log.topic];
  const child = spawn(python.path(), [SCRIPT, ...options, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { child, ended, output: () => output, errors: () => errors };
}

const events = (output: string) =>
  output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const inOrder = (list: readonly { incidentId: string; revision: number }[]) =>
  [...list].sort((a, b) =>
    a.incidentId < b.incidentId ? -1 : a.incidentId > b.incidentId ? 1 : a.revision - b.revision,
  );

describe.skipIf(python.missing)(`the Python example${python.note}`, () => {
  test('decodes every field of every event by the schemas that the API serves', async () => {
    const { ended, output, errors } = run('--json');
    expect([await ended, errors()]).toEqual([0, '']);
    expect(inOrder(events(output()))).toEqual(inOrder(EVENTS));
  });

  test('for people: what, where, its numbers, what to do', async () => {
    const { ended, output } = run();
    expect(await ended).toBe(0);
    expect(output()).toContain(
      'opened warning retry_storm: planner / plan trip\n  amplification 1.11, attempts 111\n  -> Allow at most 10 retries a minute.\n',
    );
    expect(output()).toContain('opened critical fanout_collapse: Plänung / plan trip\n');
  });

  test('a group goes on where it stopped', async () => {
    const first = run('--json', '--group', 'on-call');
    expect(await first.ended).toBe(0);
    expect(events(first.output())).toHaveLength(EVENTS.length);
    const again = run('--json', '--group', 'on-call');
    expect([await again.ended, again.output()]).toEqual([0, '']);
  });

  test('--follow waits for new ones', async () => {
    const { child, ended, output } = run('--json', '--follow', '--from-beginning');
    const lines = () => output().split('\n').length - 1;
    await until('what is there', () => lines() >= EVENTS.length, 20_000);
    const fresh = incidentEvent({ incidentId: hex(0xf00, 32), title: 'later' });
    await log.produce([fresh]);
    await until('what is new', () => lines() > EVENTS.length, 20_000);
    expect(events(output()).at(-1)).toEqual(fresh);
    child.kill('SIGTERM');
    expect(await ended).toBe('SIGTERM');
  });

  test('where nothing serves the schemas it fails, and says so', async () => {
    const { ended, errors } = run('--registry', 'http://127.0.0.1:9');
    expect(await ended).toBe(1);
    expect(errors()).toContain('urlopen error');
  });
});
