/** What to do about a retry storm: a callee that is down is left alone, one that recovers gets fewer retries. */
import { number, percent, plural } from '#infra/format.ts';
import type { Measure, Recommendation } from '#schemas/events.ts';
import { ratio, reader } from '../measures.ts';
import type { RetryLayer } from './layers.ts';

/** Shares, 0–1. */
export interface RetryLimits {
  /** Retries that a budget would allow, of the calls. */
  readonly retryBudget: number;
  /** Failed attempts, of all, from which a circuit breaker opens. */
  readonly breakerFailureRate: number;
  /** Calls given up after retries, of all, from which retrying is in vain. */
  readonly breakerGiveUps: number;
}

type Evidence = (name: string) => number;

/** The thresholds that advice names, so that its numbers follow from the evidence alone. */
export const adviceMeasures = (limits: RetryLimits): Measure[] => [
  ratio('retry_budget', limits.retryBudget),
  ratio('breaker_failure_rate', limits.breakerFailureRate),
];

/** The breaker; undefined where retries mostly heal: it would take away calls that succeed. */
function breaker(callee: string, e: Evidence, breakerGiveUps: number): Recommendation | undefined {
  const stop = `Stop calling ${callee} for a while (circuit breaker)`;
  const load = `adds to its load (${e('amplification').toFixed(2)} attempts for each call).`;
  if (e('failure_rate') >= e('breaker_failure_rate'))
    return {
      action: 'rate_limit',
      text:
        `${stop} when ${percent(e('breaker_failure_rate'))} of its attempts fail: ${percent(e('failure_rate'))} did, ` +
        `and each retry ${load}`,
    };
  if (e('gave_up') > 0 && e('gave_up') >= breakerGiveUps * e('logical_operations'))
    return {
      action: 'rate_limit',
      text:
        `${stop} when calls fail in spite of their retries: ${number(e('gave_up'))} of ` +
        `${number(e('logical_operations'))} did, and each retry ${load}`,
    };
  return undefined;
}

/**
 * Retry at one layer only, the one right above what fails: it repeats least (Google SRE book, "Handling Overload" and
 * "Addressing Cascading Failures"; AWS Builders' Library, "Timeouts, retries, and backoff with jitter").
 */
function oneLayer(callee: string, layers: readonly RetryLayer[], e: Evidence): Recommendation | undefined {
  if (layers.length < 2) return undefined;
  const above = layers.slice(0, -1).map((layer) => `${layer.caller} those of ${layer.callee}`);
  const own = `layer_${layers.length}`;
  return {
    action: 'retry_one_layer',
    text:
      `Retry at one layer only, the one right above the failures: let ${layers[layers.length - 1].caller} keep its retries ` +
      `of ${callee}, and let ${above.join(' and ')} give up: the load on ${callee} falls from ` +
      `${e('total_amplification').toFixed(2)} to ${e(`${own}_amplification`).toFixed(2)} attempts for each call, from ` +
      `${number(e(`${own}_attempts`))} to ${number(e('one_layer_attempts'))} in all.`,
  };
}

/** The budget is the same advice on either side of it: a storm of 10 retries and one of 11 want one remedy. */
function budget(callee: string, caller: string, e: Evidence): Recommendation {
  const share = e('retry_budget');
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

/** Most urgent first; every number of a text is computed from the evidence (see docs), `adviceMeasures` among it. */
export function adviseRetries(
  callee: string,
  caller: string,
  evidence: readonly Measure[],
  limits: Pick<RetryLimits, 'breakerGiveUps'>,
  layers: readonly RetryLayer[] = [],
): Recommendation[] {
  const e = reader(evidence);
  const advice = [
    breaker(callee, e, limits.breakerGiveUps),
    oneLayer(callee, layers, e),
    budget(callee, caller, e),
    {
      action: 'fix_callee',
      text:
        `Without the ${plural(e('failed_attempts'), 'failure')} of ${callee} the same work is ` +
        `${plural(e('logical_operations'), 'call')} instead of ${number(e('attempts'))}.`,
    },
  ];
  return advice.filter((each) => each !== undefined);
}
