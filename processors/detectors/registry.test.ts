import { describe, expect, test } from 'vitest';
import { configureDetectors } from './registry.ts';

const message = (overrides: Record<string, unknown>) => {
  const configured = configureDetectors(overrides);
  return configured.ok ? undefined : configured.message;
};
const digest = (overrides: Record<string, unknown>) => {
  const configured = configureDetectors(overrides);
  if (!configured.ok) throw new Error(configured.message);
  return configured.detectors.thresholdsDigest('retry_storm');
};

describe('wrong thresholds are named', () => {
  test.each([
    [{ retry_strom: {} }, /retry_strom: no such detector \(there are .*retry_storm/],
    [{ retry_storm: { minRetried: 5 } }, /retry_storm: .*minRetried/],
    [{ retry_storm: { minRetriedCalls: 0 } }, /retry_storm\.minRetriedCalls: /],
    [{ retry_storm: { minRetriedCalls: '5' } }, /retry_storm\.minRetriedCalls: /],
    [{ retry_storm: null }, /retry_storm: /],
    [{ retry_storm: [] }, /retry_storm: /],
    [{ constructor: {} }, /constructor: no such detector/],
  ])('%j', (overrides, expected) => {
    expect(message(overrides)).toMatch(expected);
  });
  test('all at once', () => {
    expect(message({ a: {}, starvation: { minOverlap: 2 } })?.split('\n')).toHaveLength(3);
  });
});

describe("the thresholds' digest", () => {
  test('is 16 hex digits, and the same for the same thresholds', () => {
    expect(digest({})).toMatch(/^[0-9a-f]{16}$/);
    expect(digest({ retry_storm: {} })).toBe(digest({}));
    expect(digest({ retry_storm: { minRetriedCalls: 5 } })).toBe(digest({}));
    expect(digest({ starvation: { minOverlap: 0.9 } })).toBe(digest({}));
  });
  test('changes with a threshold, not with their order', () => {
    expect(digest({ retry_storm: { minRetriedCalls: 6 } })).not.toBe(digest({}));
    expect(digest({ retry_storm: { minRetriedCalls: 6, warningAmplification: 1.1 } })).toBe(
      digest({ retry_storm: { warningAmplification: 1.1, minRetriedCalls: 6 } }),
    );
  });
});
