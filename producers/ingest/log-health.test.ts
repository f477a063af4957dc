import { expect, test } from 'vitest';
import { LogHealth } from './log-health.ts';

test('no reason before anything is known to be wrong', () => {
  expect(new LogHealth().reason(0)).toBeUndefined();
});

test('an unanswered ping, until one is answered', () => {
  const health = new LogHealth();
  health.reached(false);
  expect(health.reason(1e9)).toBe('no Kafka broker answers');
  health.reached(true);
  expect(health.reason(1e9)).toBeUndefined();
});

test('a failed send, until one succeeds or ten seconds have passed', () => {
  const health = new LogHealth();
  health.failed('leader gone', 5_000);
  expect(health.reason(15_000)).toBe('the log does not acknowledge: leader gone');
  expect(health.reason(15_001)).toBeUndefined();
  health.failed('leader gone', 20_000);
  health.reached(true); // a broker that answers pings may still refuse to append
  expect(health.reason(20_000)).toBeDefined();
  health.acknowledged();
  expect(health.reason(20_000)).toBeUndefined();
});
