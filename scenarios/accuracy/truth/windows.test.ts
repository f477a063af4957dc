import { describe, expect, test } from 'vitest';
import type { Values } from '../corpus/run-plan.ts';
import { parametersOf, START } from '../testing.ts';
import { retriesOf } from './decided.ts';
import { windowTruth } from './windows.ts';

const PLACE = { agentPrefix: 'mesh', serviceName: 'mesh-agents' };
const BEGIN = Math.ceil(START / 60_000) * 60_000 + 5_000;

/** A run each `everyMs`, by turns of the given parameters. */
function truth(turns: readonly Values[], count: number, everyMs: number, seedOf = (_: number) => 1) {
  const runs = Array.from({ length: count }, (_, i) => ({
    parameters: parametersOf(turns[i % turns.length], seedOf(i)),
    endUnixMs: BEGIN + i * everyMs,
  }));
  const { planted, either } = windowTruth(runs, PLACE);
  return { planted: planted.map(({ kind }) => kind), either: either.map(({ kind }) => kind) };
}
const nothing = { planted: [], either: [] };

const DRIZZLE: Values = { scenario: 'retry', fanout: 16, error_rate: 0.1 };
const TWO_RETRIED = Array.from({ length: 1_000 }, (_, seed) => seed).find(
  (seed) => retriesOf(parametersOf(DRIZZLE, seed)).retried === 2,
)!;

describe('retries of several traces', () => {
  test('two in each of six runs a minute, for five minutes', () => {
    expect(truth([DRIZZLE], 30, 10_000, () => TWO_RETRIED).planted).toEqual(['retry_storm']);
  });
  test('for one minute only: one window does not open', () => {
    expect(truth([DRIZZLE], 3, 10_000, () => TWO_RETRIED)).toEqual(nothing);
  });
  test('one run a minute has too few', () => {
    expect(truth([DRIZZLE], 5, 60_000, () => TWO_RETRIED)).toEqual(nothing);
  });
  test('beside many calls that succeed they are no amplification', () => {
    const healthy: Values = { scenario: 'retry', fanout: 100, error_rate: 0 };
    expect(truth([DRIZZLE, healthy], 30, 10_000, () => TWO_RETRIED)).toEqual(nothing);
  });
});

describe('a tool that many slow down', () => {
  const alone: Values = { scenario: 'fanout', fanout: 8, concurrency: 1, delay_ms: 60 };
  const crowded = (delay_ms: number): Values => ({
    scenario: 'fanout',
    fanout: 20,
    concurrency: 20,
    delay_ms,
  });
  test('five times', () => {
    expect(truth([alone, crowded(300)], 30, 10_000).planted).toEqual(['fanout_collapse']);
  });
  test('twice is not three times; three times is near it', () => {
    expect(truth([alone, crowded(120)], 30, 10_000)).toEqual(nothing);
    expect(truth([alone, crowded(181)], 30, 10_000)).toEqual({ planted: [], either: ['fanout_collapse'] });
  });
  test('never alone', () => {
    expect(truth([crowded(300)], 30, 10_000)).toEqual(nothing);
  });
});

describe('streams of one process', () => {
  const stream = (background_fanout: number): Values => ({
    scenario: 'stream',
    duration_s: 3,
    background_fanout,
    tool_delay_ms: 3_000,
  });
  test('every other one stands still for most of its time', () => {
    expect(truth([stream(0), stream(100)], 30, 10_000).planted).toEqual(['starvation']);
  });
  test('all alike share it fairly, well or badly', () => {
    expect(truth([stream(0)], 30, 10_000)).toEqual(nothing);
    expect(truth([stream(100)], 30, 10_000)).toEqual(nothing);
  });
  test('two in a window are too few', () => {
    expect(truth([stream(0), stream(100)], 10, 30_000)).toEqual(nothing);
  });
});
