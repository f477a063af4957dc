/** Calls of one callee and their attempts, counted. */
import { number, percent } from '#infra/format.ts';
import type { TraceView } from '#processors/trace/view.ts';
import type { Measure, Severity } from '#schemas/events.ts';
import { failedCalls } from '../calls.ts';
import { count, ratio } from '../measures.ts';
import type { Attempts } from './attempts.ts';

export interface Tally {
  readonly attempts: number;
  readonly logical: number;
  readonly retried: number;
  readonly failed: number;
  /** Calls of which the last retry failed. */
  readonly gaveUp: number;
}

export interface StormLimits {
  readonly minRetriedCalls: number;
  readonly warningAmplification: number;
  readonly criticalAmplification: number;
}

/** Of so many attempts for each call; undefined: no storm. */
export function severityOf(
  tally: Pick<Tally, 'attempts' | 'logical' | 'retried'>,
  c: StormLimits,
): Severity | undefined {
  if (tally.retried < c.minRetriedCalls) return undefined;
  const amplification = tally.attempts / tally.logical;
  if (amplification >= c.criticalAmplification) return 'critical';
  return amplification >= c.warningAmplification ? 'warning' : undefined;
}

export function tallyMeasures(t: Tally): Measure[] {
  return [
    count('attempts', t.attempts),
    count('logical_operations', t.logical),
    ratio('amplification', t.attempts / t.logical),
    count('retried_operations', t.retried),
    count('failed_attempts', t.failed),
    ratio('failure_rate', t.failed / t.attempts),
    count('gave_up', t.gaveUp),
  ];
}

export function tallyOf(view: TraceView, rows: readonly number[], attempts: Attempts): Tally {
  const failures = failedCalls(view);
  const retried = new Set<number>();
  const followed = new Set(rows.map((row) => attempts.previous[row]));
  let retries = 0;
  let failed = 0;
  let gaveUp = 0;
  for (const row of rows) {
    if (attempts.previous[row] >= 0) {
      retries++;
      retried.add(attempts.first[row]);
      if (failures[row] === 1 && !followed.has(row)) gaveUp++;
    }
    if (failures[row] === 1) failed++;
  }
  return { attempts: rows.length, logical: rows.length - retries, retried: retried.size, failed, gaveUp };
}

/** `… made 110 attempts at tool_call db for 100 calls: 1.10 times the load. 10 attempts failed (9 %)`. */
export function tallyText(callee: string, t: Tally): string {
  return (
    `made ${number(t.attempts)} attempts at ${callee} for ${number(t.logical)} calls: ` +
    `${(t.attempts / t.logical).toFixed(2)} times the load. ${number(t.failed)} attempts failed ` +
    `(${percent(t.failed / t.attempts)}), ${number(t.retried)} calls were tried again`
  );
}
