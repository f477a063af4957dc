import { expect, test } from 'vitest';
import { SCENARIOS as WORKFLOWS } from '#producers/agents/agent-app/parameters.ts';
import { ALL_SCENARIOS, CONTROLS, SCENARIOS } from './registry.ts';

test('every workflow of the agent app has its scenario, and a control', () => {
  expect(SCENARIOS.map(({ name }) => name)).toEqual(expect.arrayContaining([...WORKFLOWS]));
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
