/** For tests: what every insight must be, whatever the trace. */
import { expect } from 'vitest';
import type { Insight, InsightKind } from '#schemas/events.ts';

/** The names that readers of insights know: docs/insights.md. */
export const EVIDENCE: Readonly<Record<InsightKind, readonly string[]>> = {
  straggler: [
    'siblings',
    'median',
    'slowest',
    'robust_z',
    'beyond_next',
    'impact',
    'last_wait',
    'last_service',
  ],
  chain: ['depth', 'cumulated_latency', 'longest_step', 'mean_step', 'serial_share'],
  retries: [
    'logical_operations',
    'attempts',
    'retried_operations',
    'failed_attempts',
    'amplification',
    'backoff_total',
    'gave_up',
  ],
  critical_path: [
    'path_length',
    'path_spans',
    'branches',
    'waited_branches',
    'slowest_branch',
    'next_branch',
    'slack_total',
  ],
  steps: ['steps', 'mean_step', 'median_step', 'slowest_step', 'step_time', 'by_count', 'by_slowness'],
  human: ['waiting', 'processing', 'waits', 'waiting_share'],
  payload: ['calls', 'sizes', 'total_bytes', 'r_squared', 'ms_per_mb', 'slowest_bytes'],
  stream: [
    'time_to_first_token',
    'chunks',
    'baseline_gap',
    'stalls',
    'stalled',
    'longest_stall',
    'overlap_share',
    'background_calls',
    'own_waits',
  ],
};
const UNITS = ['ms', 'count', 'ratio', 'bytes'];

/** Fails the test where an insight is not JSON-safe, finite, in order, on one line, or has other evidence. */
export function checkWhole(insight: Insight): void {
  const { answer, evidence, timeline, kind } = insight;
  expect(JSON.parse(JSON.stringify(insight))).toEqual(insight);
  expect(answer).toMatch(/^\S.*\.$/u);
  expect(answer).not.toMatch(/[\r\n\u2028]|NaN|undefined|Infinity|\[object/);
  expect(insight.agent).not.toBe('');
  expect(insight.operation).not.toBe('');
  expect(evidence.map(({ name }) => name)).toEqual(EVIDENCE[kind]);
  for (const { name, value, unit } of evidence) {
    expect([name, Number.isFinite(value)]).toEqual([name, true]);
    expect(UNITS).toContain(unit);
  }
  expect(timeline.length).toBeLessThanOrEqual(50);
  for (const [i, { label, startMs, durationMs, outcome }] of timeline.entries()) {
    expect(label).toMatch(/\S/);
    expect(`${label}${outcome}`).not.toMatch(/[\r\n\u2028]|NaN|undefined|Infinity/);
    expect([label, Number.isFinite(startMs), durationMs >= 0]).toEqual([label, true, true]);
    if (i > 0) expect(startMs).toBeGreaterThanOrEqual(timeline[i - 1].startMs);
  }
}
