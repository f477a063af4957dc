import { expect, it } from 'vitest';
import { criticalPath } from '../../trace/critical-path.ts';
import { type TestSpan, viewOf } from '../../trace/testkit.ts';
import { detectors } from '../analysed.testkit.ts';
import { healthyFacts } from './healthy.ts';

const agent = (id: number, name: string, parent?: number): TestSpan => ({
  ...{ id, ...(parent !== undefined && { parent }), name: 'invoke', start: 0, end: 1000 },
  attributes: { 'ati.role': 'worker', 'gen_ai.agent.name': name },
});
const tool = (id: number, parent: number, name: string): TestSpan => ({
  ...{ id, parent, name: 'tool_call', start: id, end: id + 1 },
  attributes: { 'ati.role': 'tool', 'gen_ai.tool.name': name },
});
/** Names without digits: those are normalised away. */
const letters = (i: number) => String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26));

it('counts the calls of each callee by the agent operation that makes them', () => {
  const calls = [tool(10, 1, 'db'), tool(11, 1, 'db'), tool(12, 2, 'db'), tool(13, 2, 'search')];
  const facts = healthyFacts(viewOf([agent(1, 'a'), agent(2, 'b', 1), ...calls])) ?? [];
  const told = facts.map(({ agent, operation, fact }) => [
    ...[agent, operation, fact.callee],
    ...fact.values.map(({ name, value }) => `${name} ${value}`),
  ]);
  const of = (n: number) => [`attempts ${n}`, `logical_operations ${n}`];
  const none = ['retried_operations 0', 'failed_attempts 0', 'gave_up 0'];
  expect(told).toEqual([
    ['a', 'invoke', 'tool_call db', ...of(2), ...none],
    ['b', 'invoke', 'tool_call db', ...of(1), ...none],
    ['b', 'invoke', 'tool_call search', ...of(1), ...none],
  ]);
});

it('of one trace after another, and of more calls than are prepared', () => {
  for (const n of [300, 3, 255, 256, 3]) {
    const facts = healthyFacts(
      viewOf([agent(1, 'a'), ...Array.from({ length: n }, (_, i) => tool(2 + i, 1, 'db'))]),
    );
    expect(facts?.map(({ fact }) => fact.values[0].value)).toEqual([n]);
  }
});

it('leaves it to others to choose the busiest of too many callees', () => {
  const trace = (n: number) => [
    agent(1, 'a'),
    ...Array.from({ length: n }, (_, i) => tool(2 + i, 1, letters(i))),
    tool(500, 1, letters(n - 1)),
  ];
  const { detector, config } = detectors().get('retry_storm');
  const told = (n: number) => {
    const view = viewOf(trace(n));
    return detector
      .inTrace({ tenant: 't', view, critical: criticalPath(view) }, config)
      .facts.map(({ fact }) => fact.callee);
  };
  expect(healthyFacts(viewOf(trace(50)))).toHaveLength(50);
  expect(healthyFacts(viewOf(trace(51)))).toBeUndefined();
  expect(told(50)).toHaveLength(50);
  expect(told(60)).toHaveLength(50);
  expect(told(60)[0]).toBe(`tool_call ${letters(59)}`);
});
