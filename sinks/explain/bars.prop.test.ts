import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareBar, timeBar } from './bars.ts';

const number = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 1000 }));
const width = fc.integer({ min: 1, max: 60 });

test('a time bar is as wide as asked, and never empty', () => {
  fc.assert(
    fc.property(
      number,
      number,
      fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      width,
      (start, length, whole, cells) => {
        const bar = timeBar(start, length, whole, cells);
        expect(bar.length).toBe(cells + 2);
        expect(bar).toMatch(/^│ *(▏|█+) *│$/);
      },
    ),
  );
});

test('a share bar grows with its share and stays within its width', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(share, share, width, (a, b, cells) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)].map((each) => shareBar(each, cells));
      expect(more.length).toBeLessThanOrEqual(cells);
      expect(less.length).toBeLessThanOrEqual(more.length);
    }),
  );
});
