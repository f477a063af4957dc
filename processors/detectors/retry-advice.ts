/** What to do about a retry storm: a callee that is down is left alone, one that recovers gets fewer retries. */
import { number, percent, plural } from '#infra/format.ts';
import type { Measure, Recommendation } from '#schemas/events.ts';
import { reader } from './measures.ts';

/** Shares, 0–1. */
interface RetryLimits {
  /** Retries that a budget would allow, of the calls. */
  readonly retryBudget: number;
  /** Failed attempts, of all, from which a circuit breaker opens. */
  readonly breakerFailureRate: number;
  /** Calls given up after retries, of all, from which retrying is in vain. */
  readonly breakerGiveUps: number;
}

type Evidence = (name: string) => number;

/** The breaker; undefined where retries mostly heal: it would take away calls that succeed. */
function breaker(callee: string, e: Evidence, limits: RetryLimits): Recommendation | undefined {
  const stop = `Stop calling ${callee} for a while (circuit breaker)`;
  const load = `adds to its load (${e('amplification').toFixed(2)} attempts for each call).`;
  if (e('failure_rate') >= limits.breakerFailureRate)
    return {
      action: 'rate_limit',
      text:
        `${stop} when ${percent(limits.breakerFailureRate)} of its attempts fail: ${percent(e('failure_rate'))} did, ` +
        `and each retry ${load}`,
    };
  if (e('gave_up') > 0 && e('gave_up') >= limits.breakerGiveUps * e('logical_operations'))
    return {
      action: 'rate_limit',
      text:
        `${stop} when calls fail in spite of their retries: ${number(e('gave_up'))} of ` +
        `${number(e('logical_operations'))} did, and each retry ${load}`,
    };
  return undefined;
}

/** The budget is the same advice on either side of it: a storm of 10 retries and one of 11 want one remedy. */
function budget(callee: string, caller: string, e: Evidence, share: number): Recommendation {
  const calls = e('logical_operations');
  const retries = e('attempts') - calls;
  const allowed = Math.floor(share * calls);
  const observed =
    retries > allowed
      ? `against ${number(retries)} observed.`
      : `where ${number(retries)} were observed: it keeps a worse day from multiplying the load.`;
  return {
    action: 'budget_retries',
    text:
      `Give ${caller} a retry budget of ${percent(share)} of its calls to ${callee}: at most ` +
      `${allowed === 1 ? '1 retry' : `${number(allowed)} retries`} for ${plural(calls, 'call')}, ${observed}`,
  };
}

/** Most urgent first. `evidence`: see retry-storm.ts; every number of a text is computed from it and from `limits`. */
export function adviseRetries(
  callee: string,
  caller: string,
  evidence: readonly Measure[],
  limits: RetryLimits,
): Recommendation[] {
  const e = reader(evidence);
  const stop = breaker(callee, e, limits);
  return [
    ...(stop ? [stop] : []),
    budget(callee, caller, e, limits.retryBudget),
    {
      action: 'fix_callee',
      text:
        `Without the ${plural(e('failed_attempts'), 'failure')} of ${callee} the same work is ` +
        `${plural(e('logical_operations'), 'call')} instead of ${number(e('attempts'))}.`,
    },
  ];
}
