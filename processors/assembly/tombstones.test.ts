import { expect, it } from 'vitest';
import { Tombstones } from './tombstones.ts';

it('covers until its expiry, exclusive', () => {
  const tombstones = new Tombstones();
  tombstones.add('a', 100);
  expect([99, 100, 101].map((clock) => tombstones.covers('a', clock))).toEqual([true, false, false]);
  expect(tombstones.covers('b', 0)).toBe(false);
});

it('a later expiry wins, an earlier one changes nothing', () => {
  const tombstones = new Tombstones();
  tombstones.add('a', 100);
  tombstones.add('a', 200);
  tombstones.add('a', 150);
  expect(tombstones.size).toBe(1);
  expect([199, 200].map((clock) => tombstones.covers('a', clock))).toEqual([true, false]);
});

it('frees what has expired; one that stands behind a younger one covers nothing meanwhile', () => {
  const tombstones = new Tombstones();
  tombstones.add('long', 300);
  tombstones.add('short', 100);
  tombstones.purge(100);
  expect([tombstones.size, tombstones.covers('short', 100), tombstones.covers('long', 299)]).toEqual([
    2,
    false,
    true,
  ]);
  tombstones.purge(300);
  expect(tombstones.size).toBe(0);
});
