/** Both sides of each threshold of starvation: a stream drawn by hand beside calls drawn by hand. Times in ms. */
import { describe, expect, test } from 'vitest';
import type { OtlpValue } from '#schemas/otlp/write.ts';
import type { TestSpan } from '../../trace/testkit.ts';
import { analysed, findingsOf, measure } from '../analysed.testkit.ts';
import { type Drawn, drawn, tool } from './drawn.testkit.ts';

const found = (options: Drawn) => findingsOf('starvation', drawn(options));
const numbers = (options: Drawn, ...names: string[]) => {
  const [finding] = found(options);
  expect(finding, 'a finding').toBeDefined();
  return names.map((name) => measure(finding, name));
};

describe('each threshold from both sides', () => {
  test.each<[string, Drawn, Drawn]>([
    ['a second of stalls', { gapMs: 1000 }, { gapMs: 999 }],
    ['four stalls that make a second', { gapMs: 251, gaps: 4 }, { gapMs: 249, gaps: 5 }],
    ['5 % of a long stream', { gapMs: 3000, length: 60_000 }, { gapMs: 2999, length: 60_000 }],
    ['four times a pace of 300 ms', { gapMs: 1201, interval: 300 }, { gapMs: 1200, interval: 300 }],
    ['80 % beside background work', { gapMs: 2000, covered: 1600 }, { gapMs: 2000, covered: 1590 }],
    ['ten gaps to know its pace', { gapMs: 2000, before: 11 }, { gapMs: 2000, before: 1, covered: 9000 }],
    [
      'else the declared one',
      { gapMs: 2000, before: 1, covered: 9000, declared: 50 },
      { gapMs: 2000, before: 1, covered: 9000, declared: 500 },
    ],
    ['something beside it', { gapMs: 2000, calls: 1 }, { gapMs: 2000, calls: 0 }],
  ])('%s', (_, fires, silent) => {
    expect(found(fires)).toHaveLength(1);
    expect(found(silent)).toEqual([]);
  });
});

describe("waits for the stream's own tools", () => {
  test('are no part of its stalls', () => {
    expect(numbers({ gapMs: 5000, ownMs: 3000 }, 'stalled', 'longest_stall', 'overlap_share')).toEqual([
      2000, 2000, 1,
    ]);
  });
  test('what is left is below a second', () => {
    expect(found({ gapMs: 5000, ownMs: 4001 })).toEqual([]);
    expect(found({ gapMs: 5000, ownMs: 4000 })).toHaveLength(1);
  });
  test('background work beside them does not cover the rest of the stall', () => {
    // Background in the first 4 of 5 s, of which the own tool takes 3: it covers 1 of the 2 s that are left.
    expect(found({ gapMs: 5000, ownMs: 3000, covered: 4000 })).toEqual([]);
  });
});

describe('the pace', () => {
  test('is that of the gaps without background work, though it declares another', () => {
    expect(numbers({ gapMs: 2000, declared: 5000 }, 'baseline_gap', 'stall_limit')).toEqual([50, 250]);
  });
  test('of a slow stream makes its limit', () => {
    expect(numbers({ gapMs: 4000, interval: 400 }, 'baseline_gap', 'stall_limit')).toEqual([400, 1600]);
  });
});

test('who competed: by name in words, with their work on the timeline, and as shares', () => {
  const base = drawn({ gapMs: 3000, calls: 4 });
  const more = ['embed', 'rank', 'mail'].flatMap((name, n) =>
    Array.from({ length: 3 - n }, (_, i) =>
      tool({ id: 500 + 10 * n + i, parent: 3, name, start: 2000, end: 4000 }),
    ),
  );
  const [finding] = findingsOf('starvation', [...base, ...more]);
  expect(finding.signature).toBe('tool_call index');
  expect(finding.explanation).toContain(
    '10 calls, up to 10 at once: tool_call index (4 calls), tool_call embed (3 calls), tool_call rank (2 calls) and ' +
      '1 more operation. Its first chunk had come after 50 ms.',
  );
  expect(measure(finding, 'competing_operations')).toBe(4);
  expect(measure(finding, 'competitor_share')).toBe(0.5);
  expect(
    finding.timeline
      .filter(({ label }) => label.startsWith('competing'))
      .map(({ label, outcome }) => [label, outcome]),
  ).toEqual([
    ['competing: tool_call embed', '3 calls, 6,000 ms of work during the stalls'],
    ['competing: tool_call rank', '2 calls, 4,000 ms of work during the stalls'],
    ['competing: tool_call index', '4 calls, 12,000 ms of work during the stalls'],
  ]);
});

test('a call that lasts over several stalls counts once, with its time within them', () => {
  const spans = drawn({ gapMs: 1000, gaps: 3, calls: 0 });
  const long = tool({ id: 900, parent: 3, name: 'export', start: 1000, end: 100_000 });
  const [finding] = findingsOf('starvation', [...spans, long]);
  expect(
    ['stalls', 'stalled', 'background_calls', 'background_concurrency'].map((name) => measure(finding, name)),
  ).toEqual([3, 3000, 1, 1]);
  expect(finding.timeline.map(({ outcome }) => outcome)).toEqual([
    '1 background call beside it on average',
    '1 call, 3,000 ms of work during the stalls',
    '1 background call beside it on average',
    '1 background call beside it on average',
  ]);
  expect(finding.recommendations.map(({ action }) => action)).toEqual(['separate_pools']);
});

describe('many streams in one trace', () => {
  const many = (count: number) => [
    ...drawn({ gapMs: 2000 }),
    ...Array.from(
      { length: count },
      (_, i): TestSpan => ({
        id: 1000 + i,
        parent: 1,
        name: 'token_stream',
        start: 0,
        end: 500,
        attributes: { 'ati.role': 'stream', 'ati.stream.token_offsets_ms': [1, 2, 3] },
      }),
    ),
  ];
  test.each([10, 2000])('the starved one of %i is found', (count) => {
    expect(findingsOf('starvation', many(count))).toHaveLength(1);
  });
});

test('a stream of few chunks says nothing about fairness', () => {
  const rates = (chunks: number) =>
    analysed([
      { id: 1, name: 'workflow', start: 0, end: 1000 },
      {
        id: 2,
        parent: 1,
        name: 'token_stream',
        instance: 'i',
        start: 0,
        end: 1000,
        attributes: {
          'ati.role': 'stream',
          'ati.stream.token_offsets_ms': Array.from({ length: chunks }, (_, i) => i * 10),
          'ati.stream.interval_ms': 10,
        },
      },
    ]).signals.flatMap(({ scope, facts }) => (scope === 'instance' ? facts : []));
  expect(rates(10)).toEqual([]);
  expect(rates(11)).toHaveLength(1);
});

test.each([
  ['before its span began', -20],
  ['after its span had ended', 90_000],
])('a stream with a chunk %s says nonsense of its chunks, and so nothing', (_, offset) => {
  const spans = drawn({ gapMs: 2000 }).map((span) => {
    const attributes = span.attributes as Record<string, OtlpValue> | undefined;
    const offsets = attributes?.['ati.stream.token_offsets_ms'];
    if (!Array.isArray(offsets)) return span;
    return { ...span, attributes: { ...attributes, 'ati.stream.token_offsets_ms': [...offsets, offset] } };
  });
  expect(findingsOf('starvation', spans)).toEqual([]);
  expect(found({ gapMs: 2000 })).toHaveLength(1);
});
