import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testPeer } from '#infra/peers/testing.ts';
import { until } from '#infra/testing/until.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { hex, incidentEvent } from '../testing.ts';
import { record } from '../testing-broker.ts';
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

/** A topic of its own with these. */
async function produceTo(topic: string, list: readonly IncidentEvent[]): Promise<void> {
  const { kafka } = log.broker;
  await kafka.ensureTopics([{ name: topic, partitions: 1, config: {} }]);
  const producer = await kafka.producer();
  if (list.length > 0)
    await producer.send(
      topic,
      list.map((event) => record(0, 'IncidentEvent', event)),
    );
  await producer.close();
}

describe.skipIf(python.missing)(`the Python example${python.note}`, () => {
  test('decodes every field of every event by the schemas that the API serves', async () => {
    const { ended, output, errors } = run('--json');
    expect([await ended, errors()]).toEqual([0, '']);
    expect(inOrder(events(output()))).toEqual(inOrder(EVENTS));
  });

  test('for people: when, which, what, where, its numbers, what to do; over and muted ones in a line', async () => {
    const { ended, output } = run();
    expect(await ended).toBe(0);
    expect(output()).toContain(
      '2023-11-14T22:13:22Z 00000000 opened warning retry_storm: planner / plan trip\n' +
        '  amplification 1.11, attempts 111\n  -> Allow at most 10 retries a minute.\n',
    );
    expect(output()).toContain(' opened critical fanout_collapse: Plänung / plan trip\n');
    expect(output()).toMatch(/ resolved warning retry_storm: planner \/ plan trip\n(?! )/);
  });

  test('says who acknowledged and until when it is muted, and repeats no advice there', async () => {
    const topic = 'operated';
    const id = hex(0xa, 32);
    const until = 4_000_000_000_000;
    await produceTo(topic, [
      incidentEvent({ incidentId: id, event: 'acknowledged', acknowledgedBy: 'ann', note: 'looking' }),
      incidentEvent({ incidentId: id, event: 'muted', mutedUntil: until, note: 'bob: known', revision: 2 }),
      incidentEvent({ incidentId: id, event: 'updated', mutedUntil: until, note: 'bob: known', revision: 3 }),
    ]);
    const { ended, output } = run('--topic', topic);
    expect(await ended).toBe(0);
    const what = 'warning retry_storm: planner / plan trip';
    expect(output()).toBe(
      [
        `2023-11-14T22:13:22Z 00000000 acknowledged ${what} (acknowledged by ann) (looking)\n`,
        `2023-11-14T22:13:22Z 00000000 muted ${what} (muted until 2096-10-02T07:06:40Z) (bob: known)\n`,
        `2023-11-14T22:13:22Z 00000000 updated ${what} (muted until 2096-10-02T07:06:40Z)\n`,
      ].join(''),
    );
  });

  test('a group goes on where it stopped', async () => {
    const first = run('--json', '--group', 'on-call');
    expect(await first.ended).toBe(0);
    expect(events(first.output())).toHaveLength(EVENTS.length);
    const again = run('--json', '--group', 'on-call');
    expect([await again.ended, again.output()]).toEqual([0, '']);
  });

  test('a group that saw nothing on a quiet topic misses nothing that comes between two runs', async () => {
    const topic = 'quiet';
    await produceTo(topic, []);
    const first = run('--json', '--group', 'watch', '--topic', topic);
    expect([await first.ended, first.output(), first.errors()]).toEqual([0, '', '']);
    const between = incidentEvent({ incidentId: hex(0xbe, 32) });
    await produceTo(topic, [between]);
    const again = run('--json', '--follow', '--group', 'watch', '--topic', topic);
    await until('the incident between', () => again.output() !== '', 20_000);
    expect(events(again.output())).toEqual([between]);
  });

  test('--follow waits for new ones', async () => {
    const { child, ended, output, errors } = run('--json', '--follow', '--from-beginning');
    const lines = () => output().split('\n').length - 1;
    await until('what is there', () => lines() >= EVENTS.length, 20_000);
    const fresh = incidentEvent({ incidentId: hex(0xf00, 32), title: 'later' });
    await log.produce([fresh]);
    await until('what is new', () => lines() > EVENTS.length, 20_000);
    expect(events(output()).at(-1)).toEqual(fresh);
    child.kill('SIGINT');
    expect([await ended, errors()]).toEqual([0, '']);
  });

  test.each([
    ['--registry', 'no schema \\d+ at http://127.0.0.1:9: .*urlopen error'],
    ['--brokers', 'no Kafka broker at 127.0.0.1:9 .*that answers'],
  ])('where nothing answers at %s it ends with one line', async (option, line) => {
    const { ended, errors } = run(option, option === '--brokers' ? '127.0.0.1:9' : 'http://127.0.0.1:9');
    expect(await ended).toBe(1);
    expect(errors()).toMatch(new RegExp(`^${line}.*\n$`));
  });

  test('a topic that is not there: one line', async () => {
    const { ended, errors } = run('--topic', 'nowhere');
    expect(await ended).toBe(1);
    expect(errors()).toMatch(/^no topic nowhere at .*\n$/);
  });
});
