import { expect, test } from 'vitest';
import { ClockCheck } from './clock-check.ts';

const ack = (logAppendTime?: number) => [{ partition: 0, baseOffset: 0, logAppendTime }];

function compared(append: number | undefined, sentAt: number, answeredAt: number) {
  const check = new ClockCheck();
  check.compare(ack(append), sentAt, answeredAt);
  return { difference: check.differenceMs, reason: check.reason(answeredAt) };
}

test.each([
  ['between request and answer', 10_050, 0],
  ['two seconds behind', 8_000, -2_000],
  ['two seconds ahead', 12_100, 2_000],
])('ready: the broker appended %s', (_, append, difference) => {
  expect(compared(append, 10_000, 10_100)).toEqual({ difference, reason: undefined });
});

test('a millisecond beyond two seconds is unready and says which way', () => {
  expect(compared(7_999, 10_000, 10_100).reason).toMatch(/2\.0 s ahead of the broker/);
  expect(compared(12_101, 10_000, 10_100).reason).toMatch(/2\.0 s behind the broker/);
});

test('a slow answer is not a difference of clocks', () => {
  expect(compared(10_001, 10_000, 25_000)).toEqual({ difference: 0, reason: undefined });
});

test('no append time, no verdict', () => {
  expect(compared(undefined, 10_000, 10_100)).toEqual({ difference: 0, reason: undefined });
});

test('the next good comparison clears it; without one the verdict lapses after a minute', () => {
  const check = new ClockCheck();
  check.compare(ack(0), 10_000, 10_000);
  expect(check.reason(70_000)).toBeDefined();
  expect(check.reason(70_001)).toBeUndefined();
  check.compare(ack(0), 80_000, 80_000);
  check.compare(ack(80_000), 80_000, 80_000);
  expect(check.reason(80_000)).toBeUndefined();
});
