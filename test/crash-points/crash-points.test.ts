/** Every crash point: production's processor and sink on the model, in virtual time. What is crashed: docs/crash-points.md. */
import { afterAll, expect, test } from 'vitest';
import { run } from '../model/run.ts';
import { bugs, crashes, pairs, type Sweep, stalls, sweepThrough, toldOf } from './sweep.ts';

let points = 0;
let clean = 0;
afterAll(() => {
  process.stdout.write(
    `crash points: ${clean.toLocaleString('en')} of ${points.toLocaleString('en')} clean\n`,
  );
});

const SWEEPS: readonly Sweep[] = [crashes(1), stalls(3), bugs(2), pairs(4, 100)];

test.each(SWEEPS)(
  '$name: topics and tables as if nothing had happened, byte for byte',
  async (sweep) => {
    const { plans, dirty } = await sweepThrough(sweep);
    points += plans;
    clean += plans - dirty.length;
    expect(dirty.map(toldOf)).toEqual([]);
    expect(plans).toBeGreaterThanOrEqual(100);
  },
  300_000,
);

test('a run meets every kind of effect, and leaves something of every kind', async () => {
  const { points: met, outcome } = await run(crashes(1).variant);
  const kinds = new Set(met.map(({ kind, what }) => `${kind} ${what}`));
  for (const topic of [
    'ati.traces',
    'ati.signals',
    'ati.incidents',
    'ati.incident-state',
    'ati.dead-letters',
  ])
    expect(kinds).toContain(`produce ${topic}`);
  for (const table of ['otel_traces', 'ati_traces', 'ati_signals', 'ati_incident_events'])
    expect(kinds).toContain(`write ${table}`);
  for (const kind of [
    'commit ati-assembly',
    'commit ati-incidents',
    'assign ati-assembly',
    'assign ati-sink-spans',
  ])
    expect(kinds).toContain(kind);
  for (const [name, things] of outcome) expect(things.size, name).toBeGreaterThan(0);
});

test('a log that acknowledges what it does not have yet is found out', async () => {
  const { dirty } = await sweepThrough({
    name: 'acknowledged too early',
    variant: { seed: 1, members: 1, acknowledgesEarly: true },
    plansFor: (points) =>
      points.filter(({ kind }) => kind === 'produce').map(({ index }) => new Map([[index, 'before']])),
  });
  expect(dirty.length).toBeGreaterThan(10);
}, 300_000);
