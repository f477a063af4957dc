import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshPlace, type Place } from './stack/fixtures/place.ts';
import type { FixtureName } from './stack/fixtures/services.ts';
import { forkProcess } from './testing/fork.ts';

let place: Place;
const running: ChildProcess[] = [];

beforeEach(async () => {
  place = await freshPlace();
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await place.remove();
});

function run(program: FixtureName, env: NodeJS.ProcessEnv = {}) {
  const file = path.join(import.meta.dirname, 'stack/fixtures', program, 'main.ts');
  const { child, exited, stdout, stderr } = forkProcess(file, { ...place.env, ...env });
  running.push(child);
  return { process: child, exit: exited, stdout, stderr };
}

const stages = ['draining', 'flushed', 'committed', 'closed'].map((stage) => `steady ${stage}`);

test('says ready to its parent; SIGTERM runs the stages and ends it with 0', async () => {
  const { process: child, exit, stderr } = run('steady');
  expect(await once(child, 'message')).toContain('ready');
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(place.events().slice(2)).toEqual(stages);
  expect(stderr()).toBe('');
});

test('a parent that is gone is a reason to stop', async () => {
  const { process: child } = run('steady');
  await once(child, 'message');
  // Node emits no `close` after a disconnect.
  const exit = once(child, 'exit');
  child.disconnect();
  expect(await exit).toEqual([0, null]);
  expect(place.events().slice(2)).toEqual(stages);
});

test('a parent that was killed before this process was up, and reads its output no more', async () => {
  const { process: child } = run('steady');
  const exit = once(child, 'exit');
  // Its modules are not even loaded yet.
  child.disconnect();
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect(await exit).toEqual([0, null]);
  expect(place.events().slice(2)).toEqual(stages);
});

test('nobody reads its output any more: a fatal error ends it all the same', async () => {
  const { process: child } = run('fragile');
  const exit = once(child, 'exit');
  child.stdout?.destroy();
  child.stderr?.destroy();
  expect((await exit)[0]).not.toBe(0);
});

test('Ctrl-C is the parent’s to answer', async () => {
  const { process: child, exit } = run('steady');
  await once(child, 'message');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(place.events().slice(2)).toEqual(stages);
});

test('a step of the stop that hangs: one line names it, the others are done, exit 1', async () => {
  const { process: child, exit, stdout } = run('stuck', { STAGE_DEADLINE_MS: '100' });
  await once(child, 'message');
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(stdout().match(/did not stop in time/g)).toHaveLength(1);
  expect(stdout()).toContain('batches did not stop in time');
  expect(stdout()).toContain('connections are closed');
});

test('a second signal ends the stop where it is, with 1, and says where; one Ctrl-C that comes twice does not', async () => {
  const { process: child, exit, stdout, stderr } = run('stuck', { STAGE_DEADLINE_MS: '60000' });
  await once(child, 'message');
  // npm and the terminal both send it.
  child.kill('SIGTERM');
  child.kill('SIGTERM');
  // Soon no other than the first counts as the same.
  const again = setInterval(() => child.kill('SIGTERM'), 250);
  try {
    expect(await exit).toBe(1);
  } finally {
    clearInterval(again);
  }
  expect(stderr()).toBe('stuck: a second SIGTERM ends it before it has stopped (flushed, at batches)\n');
  expect(stdout()).not.toContain('connections are closed');
});

test('a wrong configuration: every error on standard error, exit 2, nothing started', async () => {
  const { exit, stderr } = run('steady', { ATI_PARTITIONS: 'many', ATI_API_PORT: '0' });
  expect(await exit).toBe(2);
  expect(stderr()).toContain('ATI_PARTITIONS');
  expect(stderr()).toContain('ATI_API_PORT');
  expect(place.events()).toEqual([]);
});

test('a UserError at the start is its sentence and nothing else on standard error; exit 1', async () => {
  const { exit, stderr } = run('refuses');
  expect(await exit).toBe(1);
  expect(stderr()).toBe('no engine for this platform: set CLICKHOUSE_URL\n');
  expect(place.events()).toContain('refuses closed');
});

test('a promise that nobody handles stops the process in order, exit 1; the stack of it is for debugging', async () => {
  const { exit, stdout, stderr } = run('fragile');
  expect(await exit).toBe(1);
  expect(stderr()).toBe('fragile: the log is gone\n');
  expect(place.events().at(-1)).toBe('fragile closed');
  expect(stdout()).toContain('"msg":"the log is gone"');
  expect(stdout()).not.toContain('at ');
  const debugging = run('fragile', { ATI_LOG_LEVEL: 'debug' });
  await debugging.exit;
  expect(debugging.stdout()).toContain('fixtures/fragile/main.ts');
});
