import { expect, test } from 'vitest';
import { parseScenario, SCENARIOS } from '../agents/agent-app/parameters.ts';
import { parseProfile } from './profile.ts';
import { profileNames, readProfile } from './profile-files.ts';

const names = await profileNames();

test.each(names)('profiles/%s.json parses, and says what it is in a line', async (name) => {
  const { profile, times } = await readProfile(name);
  expect(profile.about.length).toBeGreaterThan(10);
  expect(profile.about.length).toBeLessThan(90);
  expect(times.length > 0).toBe(profile.arrivals.type === 'timestamps');
  expect(times.at(-1) ?? 0).toBeLessThan(profile.durationS);
});

test('the profiles are those that the issue names', async () => {
  expect(names).toEqual(['burst', 'mix', 'poisson', 'ramp', 'recorded', 'step', 'streams']);
  const { arrivals } = (await readProfile('ramp')).profile;
  const levels = arrivals.type === 'concurrent' ? arrivals.stages.map(({ workflows }) => workflows) : [];
  expect(levels).toEqual([1, 50, 50, 200, 200]);
});

test('mix has every scenario', async () => {
  const { mix } = (await readProfile('mix')).profile;
  expect(new Set(mix.map(({ workflow }) => workflow.scenario))).toEqual(new Set(SCENARIOS));
});

const GOOD = {
  about: 'a test',
  durationS: 10,
  arrivals: {
    type: 'concurrent',
    stages: [
      { atS: 0, workflows: 1 },
      { atS: 5, workflows: 2 },
    ],
  },
  mix: [{ weight: 1, workflow: { scenario: 'rag', rag_chunks: 3 } }],
};

test('defaults: ramps, no streams', () => {
  const parsed = parseProfile(JSON.stringify(GOOD));
  expect(parsed).toEqual({ ok: true, profile: { ...GOOD, arrivals: { ...GOOD.arrivals, steps: false } } });
});

const arrivals = (...stages: object[]) => ({ arrivals: { type: 'concurrent', stages } });
const workflow = (value: object) => ({ mix: [GOOD.mix[0], { weight: 1, workflow: value }] });

test.each<[string, object, string | RegExp]>([
  ['an unknown key', { speed: 2 }, 'profile: Unrecognized key: "speed"'],
  ['an unknown key inside', arrivals({ atS: 0, users: 1 }), /arrivals\.stages\.0: Unrecognized key: "users"/],
  ['no duration', { durationS: undefined }, /^durationS: /],
  ['a duration of 0', { durationS: 0 }, /^durationS: /],
  ['a duration of more than a day', { durationS: 86_401 }, /^durationS: /],
  ['a duration in text', { durationS: '10' }, /^durationS: /],
  ['an unknown kind of arrivals', { arrivals: { type: 'uniform' } }, /^arrivals\.type: /],
  ['no stages', arrivals(), /^arrivals\.stages: /],
  ['a negative level', arrivals({ atS: 0, workflows: -1 }), /^arrivals\.stages\.0\.workflows: /],
  ['too high a level', arrivals({ atS: 0, workflows: 2_001 }), /^arrivals\.stages\.0\.workflows: /],
  [
    'a first stage that is not at 0',
    arrivals({ atS: 1, workflows: 1 }),
    'arrivals.stages.0.atS: the first stage is at 0',
  ],
  [
    'stages at one time',
    arrivals({ atS: 0, workflows: 1 }, { atS: 5, workflows: 2 }, { atS: 5, workflows: 3 }),
    'arrivals.stages.2.atS: must be after the stage before it (5)',
  ],
  [
    'stages that go back',
    arrivals({ atS: 0, workflows: 1 }, { atS: 9, workflows: 2 }, { atS: 5, workflows: 3 }),
    'arrivals.stages.2.atS: must be after the stage before it (9)',
  ],
  ['an empty mix', { mix: [] }, /^mix: /],
  ['a weight of 0', { mix: [{ weight: 0, workflow: { scenario: 'rag' } }] }, /^mix\.0\.weight: /],
  ['no scenario', workflow({ depth: 3 }), /^mix\.1\.workflow\.scenario: /],
  ['an unknown scenario', workflow({ scenario: 'rags' }), /^mix\.1\.workflow\.scenario: .*"rag"/],
  [
    'a parameter out of bounds',
    workflow({ scenario: 'chain', depth: 501 }),
    /^mix\.1\.workflow: depth: .*500/,
  ],
  [
    'a parameter of another scenario',
    workflow({ scenario: 'chain', fanout: 3 }),
    'mix.1.workflow: unknown parameter: fanout',
  ],
  ['a parameter that is a list', workflow({ scenario: 'chain', depth: [3] }), /^mix\.1\.workflow\.depth: /],
  [
    'parameters that do not fit each other',
    workflow({ scenario: 'react', min_steps: 9, max_steps: 3 }),
    /^mix\.1\.workflow: min_steps: /,
  ],
  [
    'streams of another scenario',
    { streams: { count: 1, workflow: { scenario: 'rag' } } },
    'streams.workflow.scenario: must be stream',
  ],
  [
    'a stream out of bounds',
    { streams: { count: 1, workflow: { scenario: 'stream', duration_s: 0 } } },
    /^streams\.workflow: duration_s: /,
  ],
  ['half a stream', { streams: { count: 1.5, workflow: { scenario: 'stream' } } }, /^streams\.count: /],
])('%s is refused, with its place', (_what, change, reason) => {
  const parsed = parseProfile(JSON.stringify({ ...GOOD, ...change }));
  expect(parsed).toEqual({
    ok: false,
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
  });
});

test('every fault is named', () => {
  const parsed = parseProfile(JSON.stringify({ ...GOOD, durationS: -1, mix: [] }));
  expect(parsed.ok ? '' : parsed.reason).toMatch(/durationS: .*; mix: /);
});

test.each(['', '{', '[]', 'null', '"mix"', '{ "about": "x", }'])('%j is no profile', (text) => {
  expect(parseProfile(text).ok).toBe(false);
});

test('what a profile lets pass the agent app takes', () => {
  const parsed = parseScenario(GOOD.mix[0].workflow, { toolDelayMs: 80, seed: () => 0 });
  expect(parsed).toMatchObject({ ok: true, parameters: { rag_chunks: 3 } });
});
