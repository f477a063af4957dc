import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Tombstones } from './tombstones.ts';

const TENANT = 3;

/** Ids that differ in their last word only. */
function named(tombstones: Tombstones) {
  const id = (name: string) => Uint32Array.of(7, 7, 7, ...Buffer.from(name));
  return {
    add: (name: string, expiry: number) => tombstones.add(id(name), 0, TENANT, expiry),
    covers: (name: string, clock: number) => tombstones.covers(id(name), 0, TENANT, clock),
    foreign: (name: string, clock: number) => tombstones.covers(id(name), 0, TENANT + 1, clock),
  };
}

it('covers until its expiry, exclusive', () => {
  const { add, covers, foreign } = named(new Tombstones());
  add('a', 100);
  expect([99, 100, 101].map((clock) => covers('a', clock))).toEqual([true, false, false]);
  expect([covers('b', 0), foreign('a', 99)]).toEqual([false, false]);
});

it('a later expiry wins, an earlier one changes nothing', () => {
  const tombstones = new Tombstones();
  const { add, covers } = named(tombstones);
  add('a', 100);
  add('a', 200);
  add('a', 150);
  expect(tombstones.size).toBe(1);
  expect([199, 200].map((clock) => covers('a', clock))).toEqual([true, false]);
});

it('frees what has expired; one that stands behind a younger one covers nothing meanwhile', () => {
  const tombstones = new Tombstones();
  const { add, covers } = named(tombstones);
  add('l', 300);
  add('s', 100);
  tombstones.purge(100);
  expect([tombstones.size, covers('s', 100), covers('l', 299)]).toEqual([2, false, true]);
  tombstones.purge(300);
  expect(tombstones.size).toBe(0);
});

it('is a map of the latest expiries, however it grows, turns and is emptied', () => {
  const step = fc.record({
    id: fc.nat({ max: 400 }),
    life: fc.integer({ min: 1, max: 90 }),
    pass: fc.nat({ max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 300, maxLength: 900, size: 'max' }), (steps) => {
      const tombstones = new Tombstones();
      const model = new Map<number, number>();
      let clock = 0;
      for (const { id, life, pass } of steps) {
        clock += pass;
        tombstones.purge(clock);
        tombstones.add(Uint32Array.of(id, 0, 0, id), 0, id % 3, clock + life);
        model.set(id, Math.max(model.get(id) ?? 0, clock + life));
      }
      for (let id = 0; id <= 400; id++)
        for (const tenant of [0, 1, 2]) {
          const covered = tenant === id % 3 && clock < (model.get(id) ?? 0);
          expect(tombstones.covers(Uint32Array.of(id, 0, 0, id), 0, tenant, clock)).toBe(covered);
        }
      tombstones.purge(clock + 100);
      expect(tombstones.size).toBe(0);
    }),
    { numRuns: 8 },
  );
});
