import { expect, test } from 'vitest';
import { flameGraph } from './flame.ts';
import { table } from './table.ts';

const leaf = { name: '</script>', at: 'a.ts:1', self: 900, total: 900, children: [] };
const dust = { name: 'dust', at: '', self: 0.1, total: 0.1, children: [] };
const root = { name: '(root)', at: '', self: 100, total: 1_000.1, children: [leaf, dust] };

test('a flame graph is one page whose data cannot end its script', () => {
  const page = flameGraph('sink & co', root);
  expect(page).toContain('<title>sink &amp; co</title>');
  expect(page.match(/<\/script>/g)).toHaveLength(1);
  expect(page).toContain('\\u003c/script>');
  // Its data stands on one line and is whole.
  const data = /^const root = (.*);$/m.exec(page)?.[1] ?? '';
  expect(JSON.parse(data)).toEqual(['(root)', '', 1_000, 100, [['</script>', 'a.ts:1', 900, 900, []]]]);
});

test('the table has self time, share and total', () => {
  const text = table([
    { name: 'f', at: 'a.ts:1', self: 3_000, total: 4_000 },
    { name: 'g', at: 'b.ts:2', self: 1_000, total: 1_000 },
  ]);
  expect(text.split('\n').slice(1, 3)).toEqual([
    '      3.0  75.0 %       4.0  f  a.ts:1',
    '      1.0  25.0 %       1.0  g  b.ts:2',
  ]);
});
