import { expect, test } from 'vitest';
import { LONGEST_TIMELINE, longest } from './answer.ts';

test('a timeline keeps the longest entries, of equal ones the earlier', () => {
  const entries = Array.from({ length: LONGEST_TIMELINE + 10 }, (_, i) => ({
    label: String(i),
    startMs: i,
    durationMs: i === LONGEST_TIMELINE + 9 ? 2 : 1,
    outcome: 'ok',
  }));
  const kept = longest(entries).map((each) => Number(each.label));
  expect(kept).toHaveLength(LONGEST_TIMELINE);
  expect(kept[0]).toBe(LONGEST_TIMELINE + 9);
  expect(Math.max(...kept.slice(1))).toBe(LONGEST_TIMELINE - 2);
});
