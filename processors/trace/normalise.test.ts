import { expect, test } from 'vitest';
import { normalise, qualified } from './normalise.ts';

test.each([
  ['GET /orders/17', 'GET /orders/*'],
  ['GET /orders/9f86d081884c7d65', 'GET /orders/*'],
  ['GET /users/123e4567-e89b-12d3-a456-426614174000/cart', 'GET /users/*/cart'],
  ['GET /USERS/123E4567-E89B-12D3-A456-426614174000', 'GET /USERS/*'],
  ['agent-3', 'agent-*'],
  ['worker_12_of_100', 'worker_*_of_*'],
  ['deadbeef', '*'],
  ['order_deadbeef01', 'order_*'],
  // Near misses: short hex, words of hex letters inside longer words, nothing variable.
  ['cafe', 'cafe'],
  ['feedback loop', 'feedback loop'],
  ['abcdefabcdefg', 'abcdefabcdefg'],
  ['tool_call', 'tool_call'],
  ['', ''],
])('%s becomes %s', (name, expected) => {
  expect(normalise(name)).toBe(expected);
});

test.each([
  ['tool_call', 'search', 'tool_call search'],
  ['execute_tool search', 'search', 'execute_tool search'],
  ['search', 'search', 'search'],
  ['tool_call', 'a', 'tool_call a'],
  ['research', 'search', 'research search'],
])('%s about %s is %s', (operation, name, expected) => {
  expect(qualified(operation, name)).toBe(expected);
});
