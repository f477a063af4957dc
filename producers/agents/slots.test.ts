import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

/** A job that runs until it is told to end. */
function job() {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, run: () => ended };
}

test('at most `size` hold a slot, the others wait in order', async () => {
  const slots = new Slots(2);
  const started: number[] = [];
  const jobs = [job(), job(), job(), job()];
  const all = jobs.map((each, i) =>
    slots.use(() => {
      started.push(i);
      return each.run();
    }),
  );
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  expect(slots.waiting).toBe(2);

  jobs[1].end();
  await all[1];
  jobs[0].end();
  await all[0];
  jobs[2].end();
  jobs[3].end();
  await Promise.all(all);
  expect(started).toEqual([0, 1, 2, 3]);
  expect(slots.held).toBe(0);
});

test('a job that throws frees its slot', async () => {
  const slots = new Slots(1);
  await expect(
    slots.use(async () => {
      throw new Error('tool');
    }),
  ).rejects.toThrow('tool');
  expect(await slots.use(async () => 'next')).toBe('next');
});

test('a newcomer does not overtake the queue', async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  const first = job();
  const a = slots.use(first.run);
  const b = slots.use(async () => void order.push('waiting'));
  first.end();
  const c = slots.use(async () => void order.push('newcomer'));
  await Promise.all([a, b, c]);
  expect(order).toEqual(['waiting', 'newcomer']);
});
