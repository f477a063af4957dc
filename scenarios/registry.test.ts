import { describe, expect, test } from 'vitest';
import { parseScenario, SCENARIOS as WORKFLOWS } from '#producers/agents/agent-app/parameters.ts';
import { groundTruth } from '#producers/agents/truth.ts';
import { ALL_SCENARIOS, CONTROLS, SCENARIOS } from './registry.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

test('every workflow of the agent app has its scenario, and a control', () => {
  expect(SCENARIOS.map(({ name }) => name)).toEqual([...WORKFLOWS]);
  expect(new Set(CONTROLS.map(({ parameters }) => parameters.scenario))).toEqual(new Set(WORKFLOWS));
});

test('names can be told apart as prefixes of agents, also where digits are folded', () => {
  for (const { name } of ALL_SCENARIOS) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(ALL_SCENARIOS.filter((other) => `${other.name}-`.startsWith(`${name}-`))).toHaveLength(1);
  }
});

test('nothing is expected of a control, and a root of everything else', () => {
  for (const { expects } of CONTROLS) expect(expects).toEqual([]);
  for (const { expects, roots } of ALL_SCENARIOS)
    expect(Object.keys(roots).sort()).toEqual([...expects].sort());
});

describe.each(ALL_SCENARIOS)('$name', ({ parameters, expects, roots, insights }) => {
  const truths = SEEDS.map((seed) => {
    const parsed = parseScenario({ ...parameters, seed }, { toolDelayMs: 80, seed: () => seed });
    if (!parsed.ok) throw new Error(parsed.error);
    return groundTruth(parsed.parameters, { agentPrefix: '' });
  });

  test('expects what its parameters plant, with every seed', () => {
    for (const { failures } of truths)
      expect(failures.map(({ kind }) => kind).sort()).toEqual([...expects].sort());
  });

  test('names the roots that are planted', () => {
    for (const { kind, agent } of truths.flatMap(({ failures }) => failures))
      expect(agent.replace(/\d+/g, '*')).toBe(roots[kind]);
  });

  test('asks for the answers that are true', () => {
    for (const truth of truths)
      for (const { kind, found } of insights)
        expect(truth.insights.filter((each) => each.kind === kind && each.found !== found)).toEqual([]);
  });
});
