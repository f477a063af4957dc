import { expect, test } from 'vitest';
import { Scheduler } from './scheduler.ts';

const order = async (waits: readonly number[]): Promise<number[]> => {
  const scheduler = new Scheduler();
  const woken: number[] = [];
  await scheduler.run(() =>
    Promise.all(waits.map((ms, i) => scheduler.sleep(ms).then(() => void woken.push(i)))),
  );
  return woken;
};

test('a day passes without waiting', async () => {
  const scheduler = new Scheduler(5);
  const woken = await scheduler.run(async () => {
    for (let hour = 0; hour < 24; hour++) await scheduler.sleep(3_600_000);
    return scheduler.now;
  });
  expect(woken).toBe(86_400_005);
});

test('the first due wakes first, of equals the first to ask', async () => {
  expect(await order([30, 10, 20, 10, 0, 30])).toEqual([4, 1, 3, 2, 0, 5]);
});

test('a wait of less than nothing takes no time, and does not turn the clock back', async () => {
  const scheduler = new Scheduler(7);
  await scheduler.run(() => scheduler.sleep(-3));
  expect(scheduler.now).toBe(7);
});

test('all that a wake-up sets off happens before the next, however many promises it takes', async () => {
  const scheduler = new Scheduler();
  const seen: number[] = [];
  await scheduler.run(async () => {
    const next = scheduler.sleep(2).then(() => void seen.push(scheduler.now));
    await scheduler.sleep(1);
    for (let i = 0; i < 1000; i++) await Promise.resolve();
    seen.push(scheduler.now);
    await next;
  });
  expect(seen).toEqual([1, 2]);
});

test('also across the pauses in which the process does other work', async () => {
  const scheduler = new Scheduler();
  let other = 0;
  const beside = setInterval(() => other++, 0);
  try {
    await scheduler.run(async () => {
      while (other === 0) await scheduler.sleep(1);
    });
  } finally {
    clearInterval(beside);
  }
  expect(other).toBeGreaterThan(0);
});

test('what is asked for while others sleep takes its place among them', async () => {
  const scheduler = new Scheduler();
  const seen: string[] = [];
  const note = (name: string) => () => void seen.push(`${name} ${scheduler.now}`);
  await scheduler.run(async () => {
    const late = scheduler.sleep(100).then(note('late'));
    await scheduler.sleep(40);
    await scheduler.sleep(20).then(note('between'));
    await late;
  });
  expect(seen).toEqual(['between 60', 'late 100']);
});

test('a run that throws rejects with its error', async () => {
  const scheduler = new Scheduler();
  const run = scheduler.run(async () => {
    await scheduler.sleep(1);
    throw new RangeError('planted');
  });
  await expect(run).rejects.toThrow(new RangeError('planted'));
});

test('a run that waits for another clock is told so instead of hanging', async () => {
  const scheduler = new Scheduler();
  const timer: { id?: NodeJS.Timeout } = {};
  const run = scheduler.run(
    () =>
      new Promise<void>((resolve) => {
        timer.id = setTimeout(resolve, 60_000);
      }),
  );
  await expect(run).rejects.toThrow('outside of virtual time');
  clearTimeout(timer.id);
});

test('schedulers do not see each other', async () => {
  const alone = await order([5, 3, 8, 1]);
  const together = await Promise.all(Array.from({ length: 20 }, () => order([5, 3, 8, 1])));
  for (const each of together) expect(each).toEqual(alone);
});
