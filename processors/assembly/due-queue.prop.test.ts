import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueQueue } from './due-queue.ts';

const step = fc.record({
  item: fc.nat({ max: 150 }),
  act: fc.constantFrom('set', 'set', 'set', 'delete', 'pass'),
  due: fc.oneof(fc.nat({ max: 40 }), fc.constant(Infinity)),
});

it('is a list sorted by (due, order), whichever moments rise, fall or go', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      // Of equal moments the greater number is first.
      const queue = new DueQueue((a, b) => a > b);
      const model = new Map<number, number>();
      const take = (clock: number) => {
        const [first] = [...model].sort(([a, x], [b, y]) => x - y || b - a);
        const expected = first !== undefined && first[1] <= clock ? first[0] : -1;
        const found = queue.first(clock);
        expect(found).toBe(expected);
        if (found < 0) return false;
        expect(queue.dueOf(found)).toBe(model.get(found));
        queue.delete(found);
        model.delete(found);
        return true;
      };
      for (const { item, act, due } of steps) {
        if (act === 'set') {
          queue.set(item, due);
          model.set(item, due);
        } else if (act === 'delete') {
          queue.delete(item);
          model.delete(item);
        } else while (take(Math.min(due, 40)));
        expect(queue.size).toBe(model.size);
      }
      while (take(Infinity));
      expect(queue.size).toBe(0);
    }),
    { numRuns: 60 },
  );
});
