import { expect, it } from 'vitest';
import { DeadLetterLimit } from './dead-letter-limit.ts';

function after(...runs: [count: number, dead: boolean][]): string | undefined {
  const limit = new DeadLetterLimit();
  for (const [count, dead] of runs) for (let i = 0; i < count; i++) limit.add(dead);
  return limit.fault();
}

it('judges only from a hundred records on', () => {
  expect(after([99, true])).toBeUndefined();
  expect(after([100, true])).toContain('100 of the last 100');
});

it('allows half', () => {
  expect(after([100, false], [100, true])).toBeUndefined();
  expect(after([100, false], [101, true])).toContain('101 of the last 201');
});

it('forgets what is long ago', () => {
  expect(after([500, true], [500, false])).toBeUndefined();
  expect(after([5000, false], [501, true])).toContain('501 of the last 1000');
  expect(after([99, true], [901, false], [450, true])).toBeUndefined();
});
