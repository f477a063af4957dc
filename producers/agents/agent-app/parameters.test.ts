import { describe, expect, test } from 'vitest';
import { slowBranch, slowStep, stepCount, stragglerCall } from './choices.ts';
import {
  chunkBytes,
  PARAMETER_TABLE,
  type ParameterSpec,
  parseScenario,
  SCENARIOS,
  type ScenarioName,
  type ScenarioParameters,
} from './parameters.ts';

const defaults = { toolDelayMs: 80, seed: () => 7 };
const parse = (scenario: string, values: Record<string, unknown> = {}) =>
  parseScenario({ scenario, ...values }, defaults);
const reason = (scenario: string, values: Record<string, unknown>) => {
  const parsed = parse(scenario, values);
  return parsed.ok ? undefined : parsed.error;
};
function parameters<Name extends ScenarioName>(scenario: Name, values: Record<string, unknown> = {}) {
  const parsed = parse(scenario, values);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.parameters as Extract<ScenarioParameters, { scenario: Name }>;
}

describe('defaults', () => {
  const expected: Record<ScenarioName, Record<string, number>> = {
    fanout: { fanout: 100, concurrency: 20, delay_ms: 80, straggler_factor: 1 },
    chain: { depth: 60, delay_ms: 80 },
    retry: { fanout: 100, concurrency: 20, delay_ms: 80, error_rate: 0.1, max_retries: 3, agent_retries: 0 },
    dag: { fanout: 100, delay_ms: 80, slow_factor: 5 },
    react: { max_steps: 10, min_steps: 10, delay_ms: 80, tools_per_step: 1, slow_factor: 1 },
    human: { human_delay_s: 1, delay_ms: 80 },
    rag: { rag_chunks: 5, rag_chunk_size_kb: 2, delay_ms: 80, rag_growth: 0, rag_mb_per_s: 0 },
    stream: { duration_s: 20, tool_delay_ms: 400, background_fanout: 0, interval_ms: 50, own_tools: 0 },
  };
  test.each(SCENARIOS)('%s', (scenario) => {
    expect(parameters(scenario)).toEqual({ scenario, seed: 7, ...expected[scenario] });
  });

  test('the delay is that of TOOL_DELAY_MS, but not of a stream', () => {
    const given = { toolDelayMs: 5, seed: () => 0 };
    expect(parseScenario({ scenario: 'chain' }, given)).toMatchObject({ parameters: { delay_ms: 5 } });
    expect(parseScenario({ scenario: 'stream' }, given)).toMatchObject({
      parameters: { tool_delay_ms: 400 },
    });
  });

  test('min_steps is max_steps where only that is given', () => {
    expect(parameters('react', { max_steps: 4 }).min_steps).toBe(4);
    expect(parameters('react', { max_steps: 4, min_steps: 2 }).min_steps).toBe(2);
  });

  test('numbers and text are the same', () => {
    expect(parse('chain', { depth: 3, seed: 1 })).toEqual(parse('chain', { depth: '3', seed: '1' }));
  });
});

describe('bounds', () => {
  const all = SCENARIOS.flatMap((scenario) =>
    Object.entries<ParameterSpec>(PARAMETER_TABLE[scenario]).map(([name, spec]) => ({
      scenario,
      name,
      ...spec,
    })),
  );

  test.each(all)('$scenario $name: from $least to $most', ({ scenario, name, least, most, whole }) => {
    const bounds = new RegExp(`^${name}: must be a (whole )?number from ${least} to ${most}$`);
    for (const value of [least - 1, most + 1, 'x', '', 'NaN', 'Infinity', ['1', '2']])
      expect(reason(scenario, { [name]: value })).toMatch(bounds);
    expect(parse(scenario, { [name]: least + 0.5 }).ok).toBe(!whole);
    // The bounds themselves are right, beside values that fit them.
    const fitting = { delay_ms: 0, slow_factor: 1, min_steps: 1, max_steps: 200, rag_chunks: 1 };
    for (const value of [least, most]) {
      const others = Object.fromEntries(
        Object.entries(fitting).filter(([key]) => key in PARAMETER_TABLE[scenario] && key !== name),
      );
      if (name === 'max_steps') delete others.min_steps;
      expect(reason(scenario, { ...others, [name]: value })).toBeUndefined();
    }
  });

  test.each([0, 2 ** 32 - 1])('seed %i', (seed) => expect(parameters('chain', { seed }).seed).toBe(seed));
  test.each([-1, 2 ** 32, 1.5, 'x'])('seed %s is none', (seed) =>
    expect(reason('chain', { seed })).toBe('seed: must be a whole number from 0 to 4294967295'),
  );

  test.each([
    [
      'fanout',
      { straggler_factor: 2, delay_ms: 30_001 },
      'straggler_factor: a call may take 60000 ms, not 60002 (delay_ms × straggler_factor)',
    ],
    [
      'dag',
      { delay_ms: 12_001 },
      'slow_factor: a call may take 60000 ms, not 60005 (delay_ms × slow_factor)',
    ],
    [
      'react',
      { slow_factor: 100, delay_ms: 601 },
      'slow_factor: a call may take 60000 ms, not 60100 (delay_ms × slow_factor)',
    ],
    ['react', { min_steps: 11 }, 'min_steps: must be at most max_steps (10)'],
    [
      'rag',
      { rag_chunk_size_kb: 65_536, rag_growth: 0.1 },
      'rag_growth: the last chunk may have 67108864 bytes, not 93952410',
    ],
    [
      'rag',
      { rag_chunk_size_kb: 65_536, rag_mb_per_s: 1 },
      'rag_mb_per_s: the last chunk may take 60000 ms, not 67189',
    ],
  ])('%s %o together: %s', (scenario, values, error) => {
    expect(reason(scenario, values)).toBe(error);
  });

  test.each([
    ['fanout', { straggler_factor: 2, delay_ms: 30_000 }],
    ['dag', { delay_ms: 12_000 }],
    ['react', { min_steps: 10 }],
    ['rag', { rag_chunk_size_kb: 65_536, rag_mb_per_s: 1.2 }],
  ])('%s %o just fit', (scenario, values) => {
    expect(reason(scenario, values)).toBeUndefined();
  });
});

describe('names', () => {
  test('an unknown scenario is told all of them', () => {
    expect(reason('nope', {})).toBe(
      'scenario: must be fanout, chain, retry, dag, react, human, rag or stream',
    );
    expect(parseScenario({}, defaults).ok).toBe(false);
    expect(parseScenario({ scenario: ['dag', 'rag'] }, defaults).ok).toBe(false);
  });

  test("another scenario's parameter is unknown; every wrong one has its reason", () => {
    expect(reason('human', { depth: 3 })).toBe('unknown parameter: depth');
    expect(reason('retry', { fanout: 0, error_rate: 2 })).toBe(
      'fanout: must be a whole number from 1 to 1000; error_rate: must be a number from 0 to 1',
    );
  });
});

describe('what the seed chooses', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);

  test('lies within its bounds, reaches both, and differs from seed to seed', () => {
    const counts = seeds.map((seed) => stepCount(parameters('react', { min_steps: 3, max_steps: 6, seed })));
    expect(new Set(counts)).toEqual(new Set([3, 4, 5, 6]));
    const slow = seeds.map((seed) => slowBranch(parameters('dag', { fanout: 5, seed })));
    expect(new Set(slow)).toEqual(new Set([0, 1, 2, 3, 4]));
    const straggler = seeds.map((seed) =>
      stragglerCall(parameters('fanout', { fanout: 4, straggler_factor: 2, seed })),
    );
    expect(new Set(straggler)).toEqual(new Set([0, 1, 2, 3]));
  });

  test('the slow step is one of those that are taken', () => {
    for (const seed of seeds) {
      const p = parameters('react', { min_steps: 1, max_steps: 9, slow_factor: 3, seed });
      expect(slowStep(p)).toBeLessThan(stepCount(p));
    }
  });

  test('a factor of 1 chooses nobody', () => {
    expect(stragglerCall(parameters('fanout'))).toBeUndefined();
    expect(slowBranch(parameters('dag', { slow_factor: 1 }))).toBeUndefined();
    expect(slowStep(parameters('react'))).toBeUndefined();
  });
});

test('chunks grow by their number', () => {
  const sizes = (values: Record<string, number>) =>
    [0, 1, 2].map((i) => chunkBytes(parameters('rag', values), i));
  expect(sizes({})).toEqual([2048, 2048, 2048]);
  expect(sizes({ rag_growth: 0.5 })).toEqual([2048, 3072, 4096]);
});
