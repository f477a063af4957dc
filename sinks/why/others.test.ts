import { describe, expect, test } from 'vitest';
import { columns } from '../explain/text.ts';
import { command, quoted, type Root, rootLines, tellingNames } from './others.ts';

const root = (agent: string, operation = 'workflow', service = 'app'): Root => ({
  service,
  agent,
  operation,
});

describe('the names that tell a root from the others', () => {
  test.each<[string, Root, Root[], object]>([
    ['its operation', root('a', 'batch'), [root('a')], { operation: 'batch' }],
    ['its agent, where operations are the same', root('b'), [root('a')], { agent: 'b' }],
    ['its service', root('a', 'workflow', 's2'), [root('a')], { service: 's2' }],
    ['two of them', root('b', 'batch'), [root('a', 'batch'), root('b')], { operation: 'batch', agent: 'b' }],
    [
      'all',
      root('b', 'batch', 's'),
      [root('a', 'batch', 's'), root('b', 'x', 's'), root('b', 'batch', 't')],
      root('b', 'batch', 's'),
    ],
    ['nothing else there: its operation', root('a'), [], { operation: 'workflow' }],
    ['an empty one cannot be said', root('', ''), [root('', 'x'), root('b', '')], { service: 'app' }],
  ])('%s', (_, of, others, names) => {
    expect(tellingNames(of, [of, ...others], {})).toEqual(names);
  });

  test('and what was asked for stays', () => {
    expect(tellingNames(root('b'), [root('a')], { service: 'app' })).toEqual({ agent: 'b', service: 'app' });
  });
});

test('a shell takes each name as one word', () => {
  expect([quoted('a-b/c:1'), quoted('plan trip'), quoted("it's"), quoted('$(x)')]).toEqual([
    'a-b/c:1',
    "'plan trip'",
    "'it'\\''s'",
    "'$(x)'",
  ]);
  expect(command({ operation: '-x y', agent: 'b' }, ['--from 1d'])).toBe(
    "npm run why -- --operation='-x y' --agent b --from 1d",
  );
});

test('a line for each, a few of many, none too long', () => {
  const roots = Array.from({ length: 6 }, (_, i) => ({
    ...root(i === 0 ? 'agent'.repeat(200) : `agent-${i}\u001b[2J`),
    traces: i + 1,
  }));
  const lines = rootLines(roots, roots, { given: {}, words: ['--slow p90'], most: 3 });
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(/^ {2}npm run why -- --agent '.*' --slow p90 +# workflow, 2 traces$/);
  expect(lines[3]).toBe('  … 3 more');
  expect(lines.join('')).not.toContain('\u001b');
  expect(Math.max(...lines.map(columns))).toBeLessThan(260);
});
