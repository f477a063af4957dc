import { expect, test } from 'vitest';
import { ProducerSession } from './sequences.ts';

test('sequences count records, per partition of a topic', () => {
  const session = new ProducerSession(7, 0);
  expect(session.take('t', 0, 3)).toBe(0);
  expect(session.take('t', 0, 2)).toBe(3);
  expect(session.take('t', 1, 1)).toBe(0);
  expect(session.take('u', 0, 1)).toBe(0);
  expect(session.take('t', 0, 1)).toBe(5);
});

test('after 2^31 - 1 comes 0', () => {
  const session = new ProducerSession(7, 0);
  expect(session.take('t', 0, 2 ** 31 - 1)).toBe(0);
  expect(session.take('t', 0, 3)).toBe(2 ** 31 - 1);
  expect(session.take('t', 0, 1)).toBe(2);
});
