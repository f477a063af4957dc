import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { withTables } from './page.ts';

test('docs/capacity.md says what the model says (else: node bench/capacity/main.ts)', async () => {
  const page = await readFile(new URL('../../docs/capacity.md', import.meta.url), 'utf8');
  expect(withTables(page)).toBe(page);
});

test('a page without a place for them is refused', () => {
  expect(() => withTables('# Nothing')).toThrow('no place');
});
