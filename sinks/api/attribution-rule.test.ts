import { expect, test } from 'vitest';
import { slowRule } from './attribution-rule.ts';

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
