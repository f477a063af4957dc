import fc from 'fast-check';
import { test } from 'vitest';
import { Scheduler } from './scheduler.ts';

test('sleepers wake in order of their time, then of asking, at exactly that time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 20 }), { maxLength: 200 }), async (waits) => {
      const scheduler = new Scheduler();
      const woken: { at: number; asked: number }[] = [];
      await scheduler.run(() =>
        Promise.all(
          waits.map((ms, asked) =>
            scheduler.sleep(ms).then(() => void woken.push({ at: scheduler.now, asked })),
          ),
        ),
      );
      const due = waits.map((at, asked) => ({ at, asked }));
      due.sort((a, b) => a.at - b.at || a.asked - b.asked);
      return JSON.stringify(woken) === JSON.stringify(due);
    }),
  );
});
