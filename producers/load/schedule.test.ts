import { lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closedLoop, openLoop, type Schedule, scheduleOf, starts } from './schedule.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** When each number was started, s. */
async function play(schedule: Schedule, durationS: number, running: () => number = () => 0) {
  const began = performance.now();
  const times: number[] = [];
  const numbers: number[] = [];
  const all = lastValueFrom(starts(schedule, durationS, running).pipe(toArray()));
  const watched = starts(schedule, durationS, running).subscribe((number) => {
    numbers.push(number);
    times.push((performance.now() - began) / 1_000);
  });
  await vi.advanceTimersByTimeAsync(durationS * 1_000 + 100);
  watched.unsubscribe();
  return { times, numbers, all: await all };
}

test('an open loop starts each at its time, whatever runs', async () => {
  const { times, numbers } = await play(openLoop([0, 0.5, 0.5, 1.2]), 2, () => 1_000);
  expect(numbers).toEqual([0, 1, 2, 3]);
  for (const [i, at] of [0, 0.5, 0.5, 1.2].entries()) expect(times[i]).toBeCloseTo(at, 1);
});

test('an open loop that was late starts all that is due at once', () => {
  const schedule = openLoop([1, 2, 3, 4]);
  expect(schedule.due(0.999, 0, 0)).toBe(0);
  expect(schedule.due(1, 0, 0)).toBe(1);
  expect(schedule.due(3.5, 0, 1)).toBe(2);
  expect(schedule.due(9, 0, 4)).toBe(0);
});

test('what comes in the last moment is started too', async () => {
  const { numbers } = await play(openLoop([0.0001, 0.9999]), 1);
  expect(numbers).toEqual([0, 1]);
});

test('a closed loop asks for what its level lacks, never for less than nothing', () => {
  const schedule = closedLoop((at) => at, 10);
  expect(schedule.due(5, 2, 99)).toBe(3);
  expect(schedule.due(5, 5, 99)).toBe(0);
  expect(schedule.due(5, 8, 99)).toBe(0);
  expect(schedule.due(4.4, 0, 0)).toBe(4);
  expect(schedule.due(4.5, 0, 0)).toBe(5);
});

test('a closed loop starts none at the very end', async () => {
  const schedule = closedLoop(() => 3, 1);
  expect(schedule.due(1, 0, 3)).toBe(0);
  // Each ends at once: three a tick of 10 ms, and none when it is over.
  const { numbers } = await play(schedule, 1);
  expect(numbers.length % 3).toBe(0);
  expect(numbers.length).toBeGreaterThan(30);
});

test('the numbers are the same for whoever listens', async () => {
  const { numbers, all } = await play(openLoop([0.1, 0.2]), 1);
  expect(all).toEqual(numbers);
});

test('a profile becomes its schedule', () => {
  const times = scheduleOf({ type: 'timestamps', file: 'x' }, 3, 1, [1, 2, 3, 4]);
  expect(times.due(100, 0, 0)).toBe(2);
  const stages = [
    { atS: 0, workflows: 2 },
    { atS: 10, workflows: 4 },
  ];
  const ramp = scheduleOf({ type: 'concurrent', stages, steps: false }, 60, 1, []);
  expect([0, 5, 10].map((at) => ramp.due(at, 0, 0))).toEqual([2, 3, 4]);
  const steps = scheduleOf({ type: 'concurrent', stages, steps: true }, 60, 1, []);
  expect([0, 5, 10].map((at) => steps.due(at, 0, 0))).toEqual([2, 2, 4]);
  const rates = [{ atS: 0, perSecond: 10 }];
  const arrivals = { type: 'poisson', stages: rates, steps: false } as const;
  const poisson = scheduleOf(arrivals, 60, 1, []);
  expect(poisson.due(60, 0, 0)).toBeGreaterThan(500);
  expect(poisson.due(60, 0, 0)).toBe(scheduleOf(arrivals, 60, 1, []).due(60, 999, 0));
  expect(poisson.due(60, 0, 0)).not.toBe(scheduleOf(arrivals, 60, 2, []).due(60, 0, 0));
});
