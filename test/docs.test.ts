import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '#infra/config.ts';
import { ALLOWED_ATTRIBUTES, ARGUMENT_KEYS, CONTENT_KEYS } from '#schemas/otlp/allowlist-table.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** Read by the test runner, and by the Collector's configuration: not by ATI. */
const ELSEWHERE = ['ATI_TEST_TIER', 'ATI_OTLP_ENDPOINT'];

test('docs/privacy.md lists exactly what passes the door', () => {
  const rows = read('docs/privacy.md')
    .split('\n')
    .map((line) => /^\| `([^`]+)` +\| ([a-z[\]]+) +\| (.+?) +\|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, key, type, about]) => ({ key, type, about }));
  expect(rows).toEqual(ALLOWED_ATTRIBUTES.map(({ key, type, about }) => ({ key, type, about })));
});

test('docs/privacy.md names the keys that are known to bear content', () => {
  const text = read('docs/privacy.md');
  for (const key of [...CONTENT_KEYS, ...ARGUMENT_KEYS]) expect(text).toContain(`\`${key}\``);
});

test('every variable that the README, the compose file or the docs name exists', () => {
  const config = readConfig({});
  if (!config.ok) throw new Error(config.message);
  const text = read('README.md') + read('docker-compose.yml') + read('docs/privacy.md');
  for (const [name] of text.matchAll(/\bATI_[A-Z_]+\b/g)) {
    if (ELSEWHERE.includes(name)) continue;
    expect(Object.keys(config.config)).toContain(name);
  }
});

test('everything that the README links to is there', () => {
  const links = [...read('README.md').matchAll(/\]\(((?!http)[^)#]+)\)/g)].map(([, file]) => file);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});
