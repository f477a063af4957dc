import fc from 'fast-check';
import { expect, test } from 'vitest';
import { componentOf, type Fault, scheduleOf } from './schedule.ts';

const kills = fc.integer({ min: 1, max: 60 });
const seed = fc.nat({ max: 10_000 });
const schedules = fc.record({ kills, seed }).map((given) => ({
  ...given,
  durationMs: given.kills * 5_000 + 5_000,
  faults: scheduleOf(given.kills, given.kills * 5_000 + 5_000, given.seed),
}));

test('the same seed, the same faults: that many kills and stops, in order, within the load', () => {
  fc.assert(
    fc.property(schedules, ({ kills, seed, durationMs, faults }) => {
      expect(scheduleOf(kills, durationMs, seed)).toEqual(faults);
      expect(faults.filter(({ kind }) => kind === 'kill' || kind === 'stop')).toHaveLength(kills);
      const times = faults.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(Math.min(...times)).toBeGreaterThan(0);
      expect(Math.max(...times)).toBeLessThanOrEqual(durationMs);
    }),
  );
});

test('nobody is touched while frozen or away; two or three processors are there', () => {
  fc.assert(
    fc.property(schedules, ({ faults }) => {
      const there = new Set(['processor-1', 'processor-2', 'sink-1', 'sink-2', 'ingest', 'broker', 'engine']);
      const frozen = new Map<string, number>();
      for (const fault of faults) {
        const { target, atMs } = fault;
        expect(there.has(target)).toBe(fault.kind !== 'add');
        if (fault.kind === 'kill' || fault.kind === 'stop')
          expect(frozen.get(target) ?? 0).toBeLessThanOrEqual(atMs);
        if (fault.kind === 'stop') frozen.set(target, atMs + fault.forMs);
        if (fault.kind === 'add') there.add(target);
        if (fault.kind === 'remove') there.delete(target);
        const processors = [...there].filter((each) => componentOf(each as Fault['target']) === 'processor');
        expect([2, 3]).toContain(processors.length);
      }
    }),
  );
});

test('five kills meet five components, unless one is frozen', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const faults = scheduleOf(5, 30_000, seed).filter(({ kind }) => kind === 'kill' || kind === 'stop');
    expect(new Set(faults.map(({ target }) => componentOf(target))).size).toBe(5);
  }
});

test('at least one processor is added and one removed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 40 }), seed, (kills, seed) => {
      const kinds = scheduleOf(kills, kills * 5_000 + 5_000, seed).map(({ kind }) => kind);
      expect(kinds).toContain('add');
      expect(kinds).toContain('remove');
    }),
  );
});
