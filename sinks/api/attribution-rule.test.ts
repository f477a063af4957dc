import { expect, test } from 'vitest';
import { percentileFor, slowRule } from './attribution-rule.ts';

test.each([
  ['p95', { kind: 'percentile', part: 0.95 }],
  ['p50', { kind: 'percentile', part: 0.5 }],
  ['p99.9', { kind: 'percentile', part: 0.9990000000000001 }],
  ['800', { kind: 'ms', ms: 800 }],
  ['0.5', { kind: 'ms', ms: 0.5 }],
  ['failing', { kind: 'failing' }],
  ['all', { kind: 'all' }],
])('%s', (text, rule) => {
  expect(slowRule(text)).toEqual(rule);
});

test.each([
  '',
  'p',
  'p5',
  'p49',
  'p49.9',
  'p100',
  'P95',
  '95%',
  '-1',
  '1e3',
  '800ms',
  'fail',
  'p95 ',
  '0x10',
])('none: %j', (text) => {
  expect(slowRule(text)).toBeUndefined();
});

test.each([
  [14, undefined],
  [15, 'p73'],
  [16, 'p74'],
  [46, 'p91'],
  [99, 'p95'],
  [1000, 'p95'],
])('%d traces: %s is the highest percentile that leaves 5 of 10 or more', (traces, percentile) => {
  expect(percentileFor(traces)).toBe(percentile);
});

test('every percentile leaves 5 and 10, and the next one does not', () => {
  for (let traces = 15; traces < 100; traces++) {
    const percentile = Number(percentileFor(traces)?.slice(1));
    const below = (of: number) => Math.floor((traces * of) / 100 + 1e-9);
    expect(traces - below(percentile)).toBeGreaterThanOrEqual(5);
    expect(below(percentile)).toBeGreaterThanOrEqual(10);
    if (percentile < 95) expect(traces - below(percentile + 1)).toBeLessThan(5);
  }
});
