import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const call = (file: string, word: string) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, file), word], {
    encoding: 'utf8',
    // Should it start in spite of the word: nothing but a look for a Kafka that is not there.
    env: { ...process.env, KAFKA_BROKERS: '127.0.0.1:1' },
  });

test.each([
  ['up.ts', 'npm run kafka:up'],
  ['down.ts', 'npm run kafka:down'],
])('%s --help prints the usage and does nothing', (file, name) => {
  const { status, stdout, stderr } = call(file, '--help');
  expect(stdout).toMatch(new RegExp(`^Usage: ${name} -- `));
  expect(stdout).not.toMatch(/^(Kafka is stopped|no Kafka)/m);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('an unknown option is refused', () => {
  const { status, stderr } = call('up.ts', '--nope');
  expect(status).toBe(1);
  expect(stderr).toContain("unknown option '--nope'");
});
