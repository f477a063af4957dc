import { expect, test } from 'vitest';
import { whyNothing } from './nothing.ts';
import type { Profile } from './profile.ts';

const loaded = (arrivals: Profile['arrivals'], times: number[] = []) => ({
  name: 'test',
  profile: { about: '', durationS: 5, arrivals, mix: [] },
  times,
});
const concurrent: Profile['arrivals'] = { type: 'concurrent', steps: false, stages: [] };
const poisson: Profile['arrivals'] = { type: 'poisson', steps: false, stages: [] };

test.each([
  [loaded(concurrent), false, 'its level is below one workflow for all of the 5 s'],
  [loaded(poisson), false, 'by chance none came within 5 s: '],
  [
    loaded({ type: 'timestamps', file: '' }, [7, 9]),
    false,
    'the first arrival is at 7 s, and the load ends at 5 s',
  ],
  [loaded(concurrent), true, 'it was stopped before the first'],
])('a load of nothing gives its reason', (of, stopped, reason) => {
  expect(whyNothing(of, stopped)).toContain(`no workflow was started: ${reason}`);
});
