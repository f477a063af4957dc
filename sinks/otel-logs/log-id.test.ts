import { expect, test } from 'vitest';
import { LogIds } from './log-id.ts';

const bytes = (text: string) => Buffer.from(text);
const idsOf = (...records: [string, string][]) => {
  const ids = new LogIds();
  return records.map(([envelope, record]) => ids.of(bytes(envelope), bytes(record)));
};

test('the same batch has the same ids, also when the one before it had equal records', () => {
  const ids = new LogIds();
  const batch = () => ['a', 'b', 'a'].map((record) => ids.of(bytes('e'), bytes(record)));
  const first = batch();
  ids.clear();
  expect(batch()).toEqual(first);
  expect(new Set(first).size).toBe(3);
  expect(first.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
});

test('another record before or behind changes no id; one that is equal only those after it', () => {
  const [a, second] = idsOf(['e', 'a'], ['e', 'a']);
  expect(idsOf(['e', 'x'], ['e', 'a'])[1]).toBe(a);
  expect(idsOf(['e', 'a'], ['e', 'x'], ['e', 'a'])).toEqual([a, expect.any(String), second]);
});

test('resource and record do not run into each other', () => {
  const [one, other, third] = idsOf(['ab', 'c'], ['a', 'bc'], ['', 'abc']);
  expect(new Set([one, other, third]).size).toBe(3);
});
