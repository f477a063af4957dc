import { expect, it } from 'vitest';
import { parseAst } from './sql-ast.ts';

const tree = (...lines: string[]) => parseAst(lines);

it('reads types, texts, aliases and children', () => {
  const node = tree(
    'A (children 2)',
    ' Function plus (alias x) (children 1)',
    '  Identifier a.b',
    ' Literal UInt64_1',
  );
  expect(node).toMatchObject({
    type: 'A',
    children: [
      { type: 'Function', text: 'plus', children: [{ type: 'Identifier', text: 'a.b' }] },
      { type: 'Literal', text: 'UInt64_1', children: [] },
    ],
  });
});

it.each([
  ['no lines', []],
  ['a child too few', ['A (children 2)', ' B']],
  ['a child too many', ['A (children 1)', ' B', ' C']],
  ['a child where none is announced', ['A', ' B']],
  ['a wrong indent', ['A (children 1)', '  B']],
  ['two roots', ['A', 'B']],
  ['an empty line', ['A (children 1)', '']],
  ['an alias that looks like children', ['A (children 1)', ' Literal 1 (alias x) (children 3)']],
  ['a drawing', ['digraph {', '    rankdir="UD";', '}']],
])('%s is no tree', (_what, lines) => {
  expect(parseAst(lines)).toBeUndefined();
});

it('does not run out of stack', () => {
  const lines = Array.from({ length: 20_000 }, (_, depth) => `${' '.repeat(depth)}A (children 1)`);
  expect(parseAst(lines)).toBeUndefined();
});
