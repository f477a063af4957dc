import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { hex, incidentEvent } from '../testing.ts';
import { eventually, record, startBroker, type TestBroker } from '../testing-broker.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
let broker: TestBroker;
const children: ChildProcess[] = [];

beforeAll(async () => {
  broker = await startBroker();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => broker?.stop());

function cli(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: {
      ...process.env,
      KAFKA_BROKERS: broker.brokers.join(','),
      ATI_TOPIC_PREFIX: broker.prefix,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  // `close`: the pipes are empty too.
  const ended = once(child, 'close').then(([code]) => ({ code, ...output }));
  return { child, output, ended };
}

const publish = (id: number, more = {}) =>
  broker.produce('incidents', [
    record(
      id % 3,
      'IncidentEvent',
      incidentEvent({ incidentId: hex(id, 32), at: 1_700_000_000_000 + id, ...more }),
    ),
  ]);

test('nothing found yet', async () => {
  expect(await cli([]).ended).toEqual({ code: 0, out: '', err: 'no incidents yet\n' });
});

test('--events: what is there, in order of time, then the end', async () => {
  await publish(3);
  await publish(2, { kind: 'starvation', agent: 'writer' });
  await publish(1);
  const { code, out } = await cli(['--events']).ended;
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.map((line) => line.slice(0, 24))).toEqual([
    '2023-11-14T22:13:20.001Z',
    '2023-11-14T22:13:20.002Z',
    '2023-11-14T22:13:20.003Z',
  ]);
  expect(lines[1]).toMatch(/starvation \(provisional\) {2}writer \/ plan trip/);
  expect(out).not.toContain('\u001b');
});

test('a list of the incidents as they are now, open ones first, each once', async () => {
  const kind = 'listed_kind';
  await publish(10, { kind, title: 'Over' });
  await publish(10, { kind, title: 'Over', event: 'resolved', revision: 2 });
  await publish(11, { kind, title: 'Old' });
  await publish(12, { kind, title: 'Worse' });
  await publish(12, { kind, title: 'Worse', event: 'updated', severity: 'critical', revision: 2 });
  await publish(13, { kind, title: 'Taken back', event: 'retracted', revision: 2 });
  const titles = async (...args: string[]) => {
    const { out, err } = await cli(['--kind', kind, ...args]).ended;
    const of = /^([●✓○] )00000000 {2}(?:warning|critical) {2}(.*?) {2}/;
    return [
      ...(out === ''
        ? []
        : out
            .trimEnd()
            .split('\n')
            .map((line) => of.exec(line)?.slice(1).join(''))),
      err,
    ];
  };
  expect(await titles()).toEqual(['● Worse', '● Old', '✓ Over', '○ Taken back', '']);
  expect(await titles('--state', 'open')).toEqual(['● Worse', '● Old', '']);
  expect(await titles('--state', 'resolved')).toEqual(['✓ Over', '']);
});

test('no such kind, none in such a state: it says what there is', async () => {
  await publish(15, { kind: 'one_kind', event: 'resolved' });
  const unknown = await cli(['--kind', 'banana']).ended;
  expect([unknown.code, unknown.out]).toEqual([0, '']);
  expect(unknown.err).toMatch(/^no incident of kind banana \(there are: .*one_kind, .*retry_storm.*\)\n$/);
  const open = await cli(['--kind', 'one_kind', '--state', 'open']).ended;
  expect(open.err).toBe('no open incident (there are: 1 resolved)\n');
});

test('--tenant: of this one alone, listed and as events; of none it says whose there are', async () => {
  const kind = 'tenants_kind';
  await publish(50, { kind, tenant: 'acme', title: 'Ours' });
  await publish(51, { kind, tenant: 'globex', title: 'Theirs' });
  const run = async (...args: string[]) => cli(['--kind', kind, ...args]).ended;
  expect((await run()).out).toMatch(/Theirs[\s\S]*Ours/);
  for (const args of [[], ['--events']]) {
    const { out } = await run('--json', '--tenant', 'acme', ...args);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).tenant),
    ).toEqual(['acme']);
  }
  const none = await run('--tenant', 'nobody');
  expect([none.code, none.out]).toEqual([0, '']);
  expect(none.err).toMatch(/^no incident of tenant nobody \(there are those of: acme, .*globex\)\n$/);
  const wrong = await run('--tenant', 'A b');
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('A tenant must be a-z')]);
});

test('--events gives an advice once while it stays the same', async () => {
  const kind = 'advised_kind';
  await publish(16, { kind });
  await publish(16, { kind, event: 'updated', revision: 2 });
  await publish(16, { kind, event: 'resolved', revision: 3 });
  const { out } = await cli(['--events', '--kind', kind]).ended;
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.includes('Allow at most')),
  ).toEqual([true, false, false]);
});

test('one kind, as JSON lines', async () => {
  const { out } = await cli(['--json', '--kind', 'starvation']).ended;
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events).toEqual([expect.objectContaining({ incidentId: hex(2, 32), kind: 'starvation' })]);
});

test('--follow goes on until it is interrupted', async () => {
  const { child, output, ended } = cli(['--follow', '--json']);
  await eventually(
    () => output.out,
    (out) => out.includes(hex(3, 32)),
  );
  await publish(4);
  await eventually(
    () => output.out,
    (out) => out.includes(hex(4, 32)),
  );
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
});

test('--help, and what is wrong with an option', async () => {
  const help = await cli(['--help']).ended;
  expect(help.code).toBe(0);
  expect(help.out).toMatch(
    /--state[\s\S]*--kind[\s\S]*--events[\s\S]*--follow[\s\S]*--json[\s\S]*KAFKA_BROKERS/,
  );
  expect(help.out).toMatch(/ack [\s\S]*unack [\s\S]*mute [\s\S]*unmute /);
  const wrong = await cli(['--kind', 'Retry storm']).ended;
  expect(wrong.code).toBe(2);
  expect(wrong.err).toMatch(/'Retry storm' is invalid.*retry_storm/);
  const both = await cli(['--state', 'open', '--follow']).ended;
  expect([both.code, both.err]).toEqual([2, 'error: --state is of the list: it does not go with --follow\n']);
});

test('what is muted now is not shown, but said to be there; --all shows it; a mute that is over hides nothing', async () => {
  const hour = 3_600_000;
  await publish(20, { kind: 'muted_kind' });
  await publish(20, { kind: 'muted_kind', revision: 2, event: 'muted', mutedUntil: Date.now() + hour });
  await publish(21, { kind: 'muted_kind', event: 'muted', mutedUntil: Date.now() - hour });
  const hidden = await cli(['--json', '--kind', 'muted_kind']).ended;
  const ids = (out: string) =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).incidentId);
  expect(ids(hidden.out)).toEqual([hex(21, 32)]);
  expect(hidden.err).toBe('1 muted incident is not shown: --all shows it\n');
  const all = await cli(['--events', '--json', '--kind', 'muted_kind', '--all']).ended;
  expect(ids(all.out)).toEqual([hex(20, 32), hex(20, 32), hex(21, 32)]);
  expect(all.err).toBe('');
});

test('--follow tells of a mute, and no more of that incident until it ends', async () => {
  const { child, output, ended } = cli(['--follow', '--no-from-beginning', '--kind', 'followed_kind']);
  let revision = 0;
  await eventually(
    async () => {
      await publish(31, { kind: 'followed_kind', revision: ++revision });
      return output.out;
    },
    (out) => out !== '',
  );
  const until = Date.now() + 3_600_000;
  const next = (event: string, more = {}) =>
    publish(30, { kind: 'followed_kind', event, revision: ++revision, ...more });
  await next('muted', { mutedUntil: until, note: 'ann: quiet' });
  await next('updated', { mutedUntil: until });
  await next('unmuted', { note: 'ann' });
  await next('resolved');
  await eventually(
    () => output.out,
    (out) => out.includes('  resolved  '),
  );
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(output.out).toMatch(/muted {2}warning .*“ann: quiet”/);
  expect(output.out).toMatch(/unmuted {2}warning /);
  expect(output.out).not.toContain('  updated  ');
});

test('--no-from-beginning alone is refused; with --follow it is not', async () => {
  expect(await cli(['--no-from-beginning']).ended).toEqual({
    code: 2,
    out: '',
    err: 'error: --no-from-beginning leaves nothing to print without --follow: give both, or neither\n',
  });
  const { child, output, ended } = cli(['--no-from-beginning', '--follow', '--json']);
  let id = 50;
  await eventually(
    async () => {
      await publish(id++);
      return output.out;
    },
    (out) => out !== '',
  );
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(output.out).not.toContain(hex(3, 32));
});

test('no broker: one sentence', async () => {
  // The discard port of loopback: nobody listens there.
  const given = await cli([], { KAFKA_BROKERS: '127.0.0.1:9' }).ended;
  expect(given).toEqual({
    code: 1,
    out: '',
    err: 'no Kafka broker answers at 127.0.0.1:9: check KAFKA_BROKERS\n',
  });
  const embedded = await cli([], { KAFKA_BROKERS: '', ATI_BROKER_PORT: '9' }).ended;
  expect(embedded.err).toBe('no Kafka broker answers at 127.0.0.1:9: is `npm start` running?\n');
});

test('no such topic: one sentence', async () => {
  const { code, err } = await cli([], { ATI_TOPIC_PREFIX: 'nowhere.' }).ended;
  expect(code).toBe(1);
  expect(err.trim().split('\n').length).toBe(1);
  expect(err).toMatch('nowhere.ati.incidents');
});
