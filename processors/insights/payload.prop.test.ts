/** Slope and fit against lines that the calls were built on. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { insightIn, numbersOf } from './insights.testkit.ts';

function trace(calls: readonly { bytes: number; ms: number }[]): TestSpan[] {
  const end = 100_000;
  return [
    { id: 1, name: 'workflow', start: 0, end },
    ...calls.map(({ bytes, ms }, i) => ({
      id: i + 2,
      parent: 1,
      name: 'tool_call',
      start: i,
      end: i + ms,
      attributes: { 'ati.role': 'tool', 'http.response.body.size': bytes },
    })),
  ];
}

test('time that grows with the bytes is found with its slope, in whatever order the spans arrive', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 8, maxLength: 40 }),
      fc.integer({ min: 1, max: 500 }),
      fc.nat(500),
      fc.nat(1000),
      (kilobytes, msPerMb, base, seed) => {
        const calls = kilobytes.map((kb) => ({ bytes: kb * 1000, ms: base + (kb * msPerMb) / 1000 }));
        const spread = (Math.max(...kilobytes) - Math.min(...kilobytes)) * msPerMb;
        fc.pre(spread > 1100); // 1.1 ms
        const insight = insightIn('payload', shuffled(trace(calls), seed))!;
        expect(insight.found).toBe(true);
        expect(numbersOf(insight).ms_per_mb).toBeCloseTo(msPerMb, 1);
        expect(numbersOf(insight).r_squared).toBeCloseTo(1, 3);
      },
    ),
    { numRuns: 80 },
  );
});

test('time that has nothing to do with the bytes is seldom taken for it', () => {
  const random = (seed: number, i: number) => (Math.sin(seed * 12.9898 + i * 78.233) * 43758.5453) % 1;
  let taken = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const calls = Array.from({ length: 12 }, (_, i) => ({
      bytes: Math.round(Math.abs(random(seed, i)) * 1e6),
      ms: 50 + Math.abs(random(seed + 1000, i + 500)) * 100,
    }));
    if (insightIn('payload', trace(calls))?.found) taken++;
  }
  expect(taken).toBe(0);
});
