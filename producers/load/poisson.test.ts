import { expect, test } from 'vitest';
import { poissonTimes } from './poisson.ts';

const constant = (value: number) => [{ atS: 0, value }];
const within = (times: readonly number[], from: number, to: number) =>
  times.filter((at) => at >= from && at < to).length;

test('the same seed gives the same times, another one others', () => {
  const times = poissonTimes(constant(5), false, 100, 7);
  expect(poissonTimes(constant(5), false, 100, 7)).toEqual(times);
  expect(poissonTimes(constant(5), false, 100, 8)).not.toEqual(times);
});

test('times rise and lie within the duration', () => {
  const times = poissonTimes(constant(50), false, 20, 1);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[0]).toBeGreaterThan(0);
  expect(times.at(-1)).toBeLessThan(20);
});

test.each([1, 2, 3])('counts a second are Poisson: mean and variance are the rate (seed %d)', (seed) => {
  const seconds = 2_000;
  const rate = 6;
  const times = poissonTimes(constant(rate), false, seconds, seed);
  const counts = new Array<number>(seconds).fill(0);
  for (const at of times) counts[Math.floor(at)]++;
  const mean = times.length / seconds;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (seconds - 1);
  // Standard errors: √(rate / n) = 0.055 and about rate × √(2 / n) = 0.19; evenly spaced arrivals would have variance 0.
  expect(Math.abs(mean - rate)).toBeLessThan(0.22);
  expect(Math.abs(variance - rate)).toBeLessThan(0.8);
});

test('gaps are exponential: the share above the mean is 1/e', () => {
  const times = poissonTimes(constant(1), false, 10_000, 4);
  const long = times.filter((at, i) => i > 0 && at - times[i - 1] > 1).length;
  expect(long / times.length).toBeCloseTo(Math.exp(-1), 1);
});

test('steps are followed', () => {
  const stages = [
    { atS: 0, value: 2 },
    { atS: 100, value: 40 },
    { atS: 200, value: 2 },
  ];
  const times = poissonTimes(stages, true, 300, 1);
  expect(Math.abs(within(times, 0, 100) - 200)).toBeLessThan(60);
  expect(Math.abs(within(times, 100, 200) - 4_000)).toBeLessThan(260);
  expect(Math.abs(within(times, 200, 300) - 200)).toBeLessThan(60);
});

test('a ramp is followed: half of it has a quarter of the arrivals', () => {
  const stages = [
    { atS: 0, value: 0 },
    { atS: 200, value: 40 },
  ];
  const times = poissonTimes(stages, false, 200, 1);
  expect(Math.abs(times.length - 4_000)).toBeLessThan(260);
  expect(Math.abs(within(times, 0, 100) - 1_000)).toBeLessThan(130);
});

test('rate 0 has no arrivals, all the time or for a while', () => {
  expect(poissonTimes(constant(0), false, 1e6, 1)).toEqual([]);
  const pause = [
    { atS: 0, value: 9 },
    { atS: 10, value: 0 },
    { atS: 20, value: 9 },
  ];
  const times = poissonTimes(pause, true, 30, 1);
  expect(within(times, 10, 20)).toBe(0);
  expect(within(times, 20, 30)).toBeGreaterThan(0);
});
