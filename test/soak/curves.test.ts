import { expect, test } from 'vitest';
import { curves } from './curves.ts';

test('a line for each series inside its frame, names escaped, nothing that is not a number', () => {
  const svg = curves(
    'memory <MiB>',
    [
      {
        name: 'a & b',
        points: [
          { minute: 0, value: 0 },
          { minute: 10, value: 130 },
        ],
      },
      { name: 'empty', points: [] },
    ],
    3,
  );
  expect(svg.match(/<polyline/g)).toHaveLength(1);
  expect(svg).toContain('points="64,262 640,112.5"');
  expect(svg).toContain('memory &lt;MiB>');
  expect(svg).toContain('a &amp; b');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('no sample at all is an empty picture', () => {
  expect(curves('nothing', [], 1)).not.toMatch(/NaN|Infinity|polyline/);
});
