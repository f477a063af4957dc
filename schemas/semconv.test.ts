import { expect, test } from 'vitest';
import { roleOfAttributes, roleOfName } from './semconv.ts';

test.each([
  [['tool', 'chat', 'LLM'], 'tool'],
  [[undefined, 'execute_tool', 'LLM'], 'tool'],
  [[undefined, undefined, 'llm'], 'chat'],
  [['unknown', 'invoke_agent', undefined], 'agent'],
  [[undefined, 'search_memory', undefined], 'tool'],
  [[undefined, undefined, 'GUARDRAIL'], undefined],
  [['constructor', 'toString', '__proto__'], undefined],
  [[3, true, undefined], undefined],
])('attributes %j say %s', ([ati, genAi, openInference], role) => {
  expect(roleOfAttributes(ati, genAi, openInference)).toBe(role);
});

test.each([
  ['token_stream', 'stream'],
  ['execute_tool search', 'tool'],
  ['invoke_agent Researcher', 'agent'],
  ['Planner', 'planner'],
  ['toolbox', undefined],
  ['GET', undefined],
  ['constructor', undefined],
  ['', undefined],
])('the name %j says %s', (name, role) => {
  expect(roleOfName(name)).toBe(role);
});
