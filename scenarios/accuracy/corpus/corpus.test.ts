import { describe, expect, test } from 'vitest';
import { Chance } from '../chance.ts';
import { knownOf } from '../truth/decided.ts';
import { CONTROLS, drawControl } from './controls.ts';
import { NOMINAL, PATTERNS } from './patterns.ts';
import { planCorpus } from './plan.ts';
import { runsOf, specsOf, tracesOf, WHOLE_CORPUS } from './tenants.ts';

const MESH = { agentPrefix: '' };

test('the whole corpus has 20,000 traces and more, ten controls for each failure', () => {
  expect(WHOLE_CORPUS).toBeGreaterThanOrEqual(20_000);
  const { shards, traces } = planCorpus({ seed: 1 });
  expect(traces).toBe(WHOLE_CORPUS);
  const specs = shards.flat();
  expect(new Set(specs.map(({ tenant }) => tenant)).size).toBe(specs.length);
  const count = (of: string[]) => specs.filter(({ type }) => of.includes(type)).length;
  const failures = 2 * count(['pattern', 'mix']) + count(['series']);
  const controls = 20 * count(['pattern', 'mix']) + 25 * count(['healthy']);
  expect(controls).toBeGreaterThanOrEqual(10 * failures);
});

test('a smaller one has something of everything', () => {
  const small = specsOf(0.0001);
  const cells = (specs: typeof small) => new Set(specs.map(({ tenant }) => tenant.replace(/\/\d+$/, '')));
  expect(cells(small)).toEqual(cells(specsOf(1)));
  expect(tracesOf(small)).toBeLessThan(1_000);
});

test('every pattern has a nominal strength and stronger and weaker ones', () => {
  for (const { strengths } of PATTERNS) {
    const at = strengths.findIndex(({ name }) => name === NOMINAL);
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(strengths.length - 1);
  }
});

test.each(CONTROLS.map((control) => [control.name, control] as const))(
  '%s: nothing has failed',
  (_, control) => {
    for (let seed = 0; seed < 10; seed++) {
      const { parameters, spread } = drawControl(control, new Chance(seed), 80);
      expect(knownOf(parameters, MESH, { spread, lossy: true })).toEqual({ planted: [], undecided: [] });
    }
  },
);

describe('a tenant', () => {
  const spec = specsOf(0.0001).find(({ tenant }) => tenant.startsWith('retry_storm/barely'))!;

  test('is the same again by its chance, and another by another', () => {
    const runs = (seed: number) => JSON.stringify(runsOf(spec, new Chance(seed)));
    expect(runs(1)).toBe(runs(1));
    expect(runs(1)).not.toBe(runs(2));
  });

  test('has two runs with its failure among twenty without', () => {
    const runs = runsOf(spec, new Chance(3));
    const planted = runs.filter(({ group }) => group === 'planted');
    expect([planted.length, runs.length]).toEqual([2, 22]);
    for (const { parts, spread } of planted)
      expect(knownOf(parts[0], MESH, { spread, lossy: false }).planted.map(({ kind }) => kind)).toContain(
        'retry_storm',
      );
  });
});
