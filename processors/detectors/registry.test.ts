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
    [
      { retry_storm: { minRetried: 5 } },
      /retry_storm\.minRetried: no such threshold \(there are minRetriedCalls, .*metastableHopMs\)$/,
    ],
    [{ retry_storm: { minRetriedCalls: 0 } }, /retry_storm\.minRetriedCalls: must be at least 1, not 0$/],
    [{ retry_storm: { minRetriedCalls: 1.5 } }, /minRetriedCalls: must be a whole number, not 1\.5$/],
    [{ retry_storm: { minRetriedCalls: '5' } }, /minRetriedCalls: must be a number, not "5"$/],
    [{ retry_storm: { retryBudget: 2 } }, /retryBudget: must be at most 1, not 2$/],
    [{ retry_storm: { retryBudget: null } }, /retryBudget: must be a number, not null$/],
    [{ retry_storm: null }, /retry_storm: must be an object of thresholds, not null$/],
    [{ retry_storm: [] }, /retry_storm: must be an object of thresholds, not \[\]$/],
    [
      { retry_storm: { warningAmplification: 1.3 } },
      /retry_storm\.warningAmplification: must be at most criticalAmplification \(1\.2\), not 1\.3$/,
    ],
    [
      { retry_storm: { criticalAmplification: 1.01 } },
      /retry_storm\.warningAmplification: must be at most criticalAmplification \(1\.01\), not 1\.05$/,
    ],
    [{ constructor: {} }, /constructor: no such detector/],
  ])('%j', (overrides, expected) => {
    expect(message(overrides)).toMatch(expected);
  });
  test('a storm that is critical from its first warning on is none of them', () => {
    expect(message({ retry_storm: { warningAmplification: 1.2 } })).toBeUndefined();
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
