import { expect, test } from 'vitest';
import { memoryPicture } from './picture.ts';
import { Metrics } from './watch.ts';

const sample = (minute: number, rss: number) => ({
  minute,
  rss,
  metrics: new Metrics(`nodejs_heap_size_used_bytes ${20 << 20}`),
});

test('a line for each process inside its frame, phases shaded and named, nothing that is not a number', () => {
  const sink = Array.from({ length: 1_000 }, (_, i) => sample(i / 100, 100 + (i % 50)));
  const watch = { samples: { sink, processor: [sample(0, 200), sample(10, 210)], ingest: [] } };
  const svg = memoryPicture('Memory <now>', watch, [{ name: 'silent & still', from: 2, to: 5 }]);
  expect(svg.match(/<polyline/g)).toHaveLength(4);
  expect(svg).toContain('silent &amp; still');
  expect(svg).toContain('Memory &lt;now> (MiB)');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const xs = [...svg.matchAll(/(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  expect(xs.every(([x, y]) => x >= 60 && x <= 840 && y >= 60 && y <= 310)).toBe(true);
  expect(xs.length).toBeLessThan(900);
});

test('without a sample it is an empty picture', () => {
  const nothing = { samples: { sink: [], processor: [], ingest: [] } };
  expect(memoryPicture('nothing', nothing, [])).not.toMatch(/NaN|Infinity/);
});
