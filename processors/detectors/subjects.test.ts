import { expect, it } from 'vitest';
import { Subjects } from './subjects.ts';

const operations = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ agent: `agent ${i % 3}`, operation: `operation ${i >> 1}` }));

it.each([1, 16, 17, 200])('finds each of %i agent operations by its names, as it is numbered', (n) => {
  const all = operations(n);
  const subjects = new Subjects(all);
  expect(all.map(({ agent, operation }) => subjects.numberOf('operation', agent, operation))).toEqual(
    all.map((_, i) => i),
  );
  expect(subjects.count).toBe(n);
});

it.each([1, 16, 17])('numbers whatever else is named after %i operations, each once', (n) => {
  const subjects = new Subjects(operations(n));
  const others = [
    ['operation', 'nobody', 'operation 0'],
    ['instance', 'agent 0', 'operation 0'],
    ['operation', 'nobodyo', 'peration 0'],
  ] as const;
  for (let time = 0; time < 2; time++)
    expect(others.map(([scope, agent, operation]) => subjects.numberOf(scope, agent, operation))).toEqual([
      n,
      n + 1,
      n + 2,
    ]);
  expect(subjects.count).toBe(n + 3);
  expect(others.map((_, i) => [subjects.scope(n + i), subjects.names(n + i)])).toEqual(
    others.map(([scope, agent, operation]) => [scope, { scope, agent, operation }]),
  );
  expect([subjects.scope(0), subjects.names(0)]).toEqual(['operation', operations(1)[0]]);
});
