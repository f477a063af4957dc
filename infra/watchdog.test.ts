import { expect, test } from 'vitest';
import { Watchdog } from './watchdog.ts';

test('what does not end within the limit is told, until it ends', async () => {
  let now = 0;
  const watchdog = new Watchdog(1_000, () => now);
  const gate = Promise.withResolvers<number>();
  const given = watchdog.watch('worker 1', gate.promise);
  now = 1_000;
  expect(watchdog.live()).toEqual({ ok: true, reasons: [] });
  now = 4_000;
  expect(watchdog.live()).toEqual({ ok: false, reasons: ['worker 1 has not ended for 4 s'] });
  gate.resolve(7);
  expect(await given).toBe(7);
  expect(watchdog.live().ok).toBe(true);
});

test('what fails has ended, and its error is the caller’s', async () => {
  let now = 0;
  const watchdog = new Watchdog(1_000, () => now);
  await expect(watchdog.watch('worker 1', Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  now = 5_000;
  expect(watchdog.live().ok).toBe(true);
});
