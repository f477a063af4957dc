import { describe, expect, test } from 'vitest';
import { fanoutTrace, reactTrace, streamTrace } from '../detectors/testkit.ts';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';
import { leastSquares } from './payload-fit.ts';
import { checkWhole } from './whole.testkit.ts';

const found = (spans: readonly TestSpan[]) => insightIn('payload', spans);

interface Answer {
  readonly bytes?: number | string;
  readonly ms: number;
  readonly error?: boolean;
  readonly key?: string;
  readonly more?: Record<string, number>;
}

/** An agent's calls of one tool, one after another. */
function calls(answers: readonly Answer[], tool = 'retrieve', from = 0): TestSpan[] {
  let now = from;
  const spans = answers.map(({ bytes, ms, error, key = 'http.response.body.size', more }, i): TestSpan => {
    const start = now;
    now += ms;
    return {
      id: 10 + from + i,
      parent: 2,
      name: 'tool_call',
      kind: 3,
      start,
      end: now,
      error,
      attributes: {
        'ati.role': 'tool',
        'gen_ai.tool.name': tool,
        ...(bytes !== undefined && { [key]: bytes }),
        ...more,
      },
    };
  });
  return spans;
}

function rag(...groups: readonly TestSpan[][]): TestSpan[] {
  const end = Math.max(...groups.flat().map((span) => span.end));
  const attributes = { 'ati.role': 'worker', 'gen_ai.agent.name': 'librarian' };
  return [
    { id: 1, name: 'workflow', start: 0, end },
    { id: 2, parent: 1, name: 'worker', start: 0, end, attributes },
    ...groups.flat(),
  ];
}

/** `n` chunks, each 10 KB larger than the one before, at 1 MB/s after 80 ms; `noise` ms up and down. */
const growing = (n: number, noise = 0) =>
  Array.from({ length: n }, (_, i) => ({
    bytes: (i + 1) * 10_000,
    ms: 80 + (i + 1) * 10 + noise * (((i * 0.618034) % 1) - 0.5),
  }));

describe('payload-bound', () => {
  test('ten chunks that grow', () => {
    const insight = found(rag(calls(growing(10))))!;
    expect(insight).toMatchObject({ found: true, agent: 'librarian', operation: 'tool_call' });
    expect(numbersOf(insight)).toEqual({
      calls: 10,
      sizes: 10,
      total_bytes: 550_000,
      r_squared: 1,
      ms_per_mb: 1000,
      slowest_bytes: 100_000,
    });
    expect(insight.answer).toBe(
      'Time follows the payload (R² 1.00 over 10 answers of 10 sizes): each MB that tool_call retrieve moves takes ' +
        '1,000 ms, though bytes make only 41 % of its time.',
    );
    expect(insight.timeline[0]).toEqual({
      label: 'tool_call retrieve, 10.0 KB',
      startMs: 0,
      durationMs: 90,
      outcome: 'ok',
    });
  });
  test.each([
    [11, 'Time follows the payload (R² 1.00 over 8 answers of 8 sizes): '],
    [10, 'Payload-bound: '],
  ])('only where bytes make half of the time: %d ms without any', (without, start) => {
    // Of 2 to 16 MB at 1 ms each: 9 ms in the mean.
    const answers = Array.from({ length: 8 }, (_, i) => ({
      bytes: (i + 1) * 2e6,
      ms: without - 1 + (i + 1) * 2,
    }));
    const insight = found(rag(calls(answers)));
    expect(insight?.found).toBe(true);
    expect(insight?.answer).toContain(start);
  });
  test.each<[string, readonly Answer[]]>([
    [
      'eight calls, three sizes',
      Array.from({ length: 8 }, (_, i) => ({ bytes: (i % 3) * 50_000, ms: 80 + (i % 3) * 40 })),
    ],
    ['with some noise', growing(20, 30)],
    ['in the request', growing(10).map((each) => ({ ...each, key: 'http.request.body.size' }))],
    [
      'in both ways',
      growing(10).map((each) => ({ ...each, more: { 'http.request.body.size': each.bytes } })),
    ],
    ['by ATI’s own name', growing(10).map((each) => ({ ...each, key: 'ati.payload.bytes' }))],
    [
      'beside calls that failed at once',
      [...growing(10), ...growing(6).map(() => ({ bytes: 9e6, ms: 1, error: true }))],
    ],
    ['beside calls that say no size', [...growing(10), ...growing(3).map(({ ms }) => ({ ms }))]],
  ])('%s', (_, answers) => {
    expect(found(rag(calls(answers)))).toMatchObject({ found: true });
  });
  test('request and answer count together', () => {
    const both = growing(10).map((each) => ({ ...each, more: { 'http.request.body.size': 1000 } }));
    expect(numbersOf(found(rag(calls(both)))).total_bytes).toBe(560_000);
  });
  test('the operation that moved the most is asked about', () => {
    const small = calls(
      growing(20).map(({ ms }) => ({ bytes: 100, ms })),
      'ping',
      50_000,
    );
    expect(found(rag(calls(growing(10)), small))?.answer).toContain('tool_call retrieve');
  });
  test('of 200 calls 50 are told', () => {
    expect(found(rag(calls(growing(200))))?.timeline).toHaveLength(50);
  });
});

describe('not payload-bound', () => {
  test.each<[string, readonly Answer[], string]>([
    [
      'the default chunks, of one size',
      Array.from({ length: 5 }, (_, i) => ({ bytes: 2048, ms: 80 + i })),
      'all 5 answers are of one size (2.0 KB)',
    ],
    [
      'two chunks of one size',
      [
        { bytes: 9, ms: 1 },
        { bytes: 9, ms: 1 },
      ],
      'both answers are of one size (9 bytes)',
    ],
    [
      'many chunks of one size',
      Array.from({ length: 100 }, (_, i) => ({ bytes: 2048, ms: 80 + i })),
      'all 100 answers are of one size (2.0 KB)',
    ],
    [
      'empty answers',
      Array.from({ length: 9 }, (_, i) => ({ bytes: 0, ms: 80 + i })),
      'all 9 answers are of one size (0 bytes)',
    ],
    [
      'two sizes',
      Array.from({ length: 20 }, (_, i) => ({ bytes: i < 10 ? 1000 : 90_000, ms: i < 10 ? 80 : 170 })),
      'only 2 sizes in 20 answers',
    ],
    ['seven samples', growing(7), 'only 7 samples of 7 sizes, 8 are needed'],
    [
      'eight calls of which one failed',
      [...growing(7), { bytes: 80_000, ms: 160, error: true }],
      'only 7 samples of 7 sizes, 8 are needed',
    ],
    ['noise', growing(20, 700), 'R² 0.'],
    [
      'times all the same',
      growing(10).map(({ bytes }) => ({ bytes, ms: 80 })),
      'every answer took 80 ms, whatever its size',
    ],
    [
      'the larger the faster',
      growing(10).map(({ bytes }, i) => ({ bytes, ms: 300 - i * 10 })),
      'larger answers take no longer',
    ],
    [
      'less than a clock can tell',
      growing(10).map(({ bytes }, i) => ({ bytes, ms: 80 + i / 20 })),
      'less than 1 ms',
    ],
    [
      'sizes that are no numbers',
      [...growing(4), ...growing(8).map(({ ms }) => ({ bytes: '9', ms }))],
      'only 4 samples',
    ],
    ['negative sizes', [...growing(4), ...growing(8).map(({ ms }) => ({ bytes: -5, ms }))], 'only 4 samples'],
  ])('%s', (_, answers, why) => {
    const insight = found(rag(calls(answers)))!;
    expect(insight.found).toBe(false);
    expect(insight.answer).toMatch(/^Not payload-bound: .*\.$/);
    expect(insight.answer).toContain(why);
    for (const { name, value } of insight.evidence)
      expect([name, Number.isFinite(value)]).toEqual([name, true]);
  });
});

test('a slope of next to nothing is zero, not a negative zero', () => {
  const answers = growing(10).map(({ bytes }, i) => ({ bytes: bytes * 1e6, ms: 80 - i / 1e5 }));
  expect(Object.is(numbersOf(found(rag(calls(answers)))).ms_per_mb, 0)).toBe(true);
});

describe('does not ask', () => {
  test.each<[string, readonly TestSpan[]]>([
    ['a fan-out without sizes', fanoutTrace()],
    ['a loop', reactTrace(10)],
    ['a stream', streamTrace()],
    ['one call', rag(calls(growing(1)))],
    ['calls of which one has a size', rag(calls([{ bytes: 5, ms: 1 }, { ms: 1 }, { ms: 1 }]))],
    [
      'sizes that nothing has',
      rag(calls([1e308, Number.MAX_VALUE, Number.NaN, 2 ** 53, -1].map((bytes) => ({ bytes, ms: 5 })))),
    ],
    ['different operations, one call each', rag(calls(growing(1), 'a'), calls(growing(1), 'b', 500))],
    [
      'sizes of what is no call',
      rag(
        calls(growing(10)).map((span) => ({
          ...span,
          kind: 1,
          name: 'checkpoint',
          attributes: { 'ati.role': 'checkpoint', 'ati.payload.bytes': span.start },
        })),
      ),
    ],
  ])('%s', (_, spans) => {
    expect(found(spans)).toBeUndefined();
  });
});

test('the largest sizes there can be, both ways, still have finite numbers', () => {
  const bytes = Number.MAX_SAFE_INTEGER;
  const answers = growing(1000).map((each, i) => ({
    ...each,
    bytes: bytes - i,
    more: { 'http.request.body.size': bytes },
  }));
  const insight = found(rag(calls(answers)))!;
  checkWhole(insight);
  expect(numbersOf(insight).calls).toBe(1000);
});

test('arrival order and duplicates change nothing', () => {
  const spans = rag(calls(growing(20, 50)), calls(growing(5), 'other', 50_000));
  for (const seed of [1, 2, 3])
    expect(found(shuffled([...spans, ...spans.slice(0, 9)], seed))).toEqual(found(spans));
});

describe('least squares', () => {
  test('Anscombe’s first quartet', () => {
    const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
    const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    const { slope, rSquared } = leastSquares(x, y);
    expect(slope).toBeCloseTo(0.5001, 4);
    expect(rSquared).toBeCloseTo(0.6665, 4);
  });
  test.each([
    ['none', [], []],
    ['one point', [1], [1]],
    ['one x', [2, 2, 2], [1, 2, 3]],
    ['one y', [1, 2, 3], [2, 2, 2]],
  ])('%s: no slope, no fit', (_, x, y) => {
    expect(leastSquares(x, y)).toEqual({ slope: 0, rSquared: 0 });
  });
});
