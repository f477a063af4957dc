import fc from 'fast-check';
import { expect, test } from 'vitest';
import { divide, MAX_STRETCHES, SLOT_MS, SLOT_SECONDS } from './slots.ts';

const HOUR = 3_600_000;

test('rolled-up and other stretches are the range, each instant once, and only whole rolled-up slots are taken', () => {
  const slots = fc.uniqueArray(fc.integer({ min: 0, max: 120 }), { maxLength: 120 });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20 * HOUR }),
      fc.integer({ min: 1, max: 20 * HOUR }),
      slots,
      (from, ms, numbers) => {
        const range = { from, to: from + ms };
        const starts = numbers.toSorted((a, b) => a - b).map((n) => n * SLOT_SECONDS);
        const { rolledUp, others } = divide(range, starts);
        const all = [...rolledUp, ...others].toSorted((a, b) => a.from - b.from);
        expect(all[0].from).toBe(range.from);
        expect(all.at(-1)?.to).toBe(range.to);
        for (const [i, { from, to }] of all.entries()) {
          expect(to).toBeGreaterThan(from);
          if (i > 0) expect(from).toBe(all[i - 1].to);
        }
        for (const { from, to } of rolledUp)
          for (let at = from; at < to; at += SLOT_MS) expect(starts).toContain(at / 1_000);
        expect(rolledUp.length).toBeLessThanOrEqual(MAX_STRETCHES);
        const usable = starts.filter(
          (slot) => slot * 1_000 >= range.from && slot * 1_000 + SLOT_MS <= range.to,
        );
        const taken = rolledUp.reduce((sum, { from, to }) => sum + (to - from) / SLOT_MS, 0);
        const runs = usable.filter((slot) => !usable.includes(slot - SLOT_SECONDS)).length;
        if (runs <= MAX_STRETCHES) expect(taken).toBe(usable.length);
      },
    ),
  );
});
