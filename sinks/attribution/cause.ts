/** What there is to say about one owner whose time has grown. */
import { byInstance, type InstanceNumbers } from './instances.ts';
import type { Cause, Confidence } from './result.ts';
import { byText, type Comparison, type Owner } from './sample.ts';
import { causeText } from './sentences.ts';
import { shortOwner } from './short.ts';
import { split } from './split.ts';
import { errorOfDifference, type Moments, quantile } from './statistics.ts';
import { amountOf, type Occurrence } from './tally.ts';

/** An owner in set and baseline. */
export interface Grown {
  readonly owner: Owner;
  /** In the set. */
  readonly on: readonly Occurrence[];
  /** In the other traces of the set's time. */
  readonly restOn: readonly Occurrence[];
  readonly baselineOn: readonly Occurrence[];
  /** Of its time per trace, ns. */
  readonly mean: Moments;
  readonly baselineMean: Moments;
  readonly extraNs: number;
}

const EXEMPLARS = 3;
/** Slow instances that are named. */
const NAMED = 5;
/** Traces without which a cause is one odd trace, or two. */
const LEAST_TRACES = 3;

const ms = (ns: number) => ns / 1e6;

export interface Found {
  readonly owner: Owner;
  readonly cause: Cause;
  /** All of them, with more than are named. */
  readonly slow: readonly InstanceNumbers[];
}

/** `grownNs`: what all causes have grown by. */
export function causeOf(grown: Grown, compared: Comparison, grownNs: number): Found {
  const { owner, on, baselineOn, mean, baselineMean, extraNs } = grown;
  const { type, ...names } = shortOwner(owner);
  const amount = amountOf(on);
  const baseline = amountOf(baselineOn);
  const { more, slower } = split(amount, mean.n, baseline, baselineMean.n);
  const usual = Math.max(
    quantile(
      baselineOn.map(({ ns }) => ns),
      baselineMean.n,
      0.95,
    ),
    baselineMean.mean,
  );
  const affected = on.filter(({ ns }) => ns > usual);
  const instances = instancesOf(grown, compared);
  const slow = instances?.slow ?? [];
  const slowInstances = slow
    .slice(0, NAMED)
    .map(({ instance }) => instance)
    .sort(byText);
  const listed = instances?.listed ?? [];
  const standardErrorMs = ms(errorOfDifference(mean, baselineMean));
  const cause: Omit<Cause, 'text'> = {
    kind: type === 'edge' ? 'edge' : slow.length > 0 ? 'instance' : 'operation',
    ...names,
    slowInstances,
    moreSlowInstances: slow.length - slowInstances.length,
    meanMs: ms(mean.mean),
    baselineMeanMs: ms(baselineMean.mean),
    extraMs: ms(extraNs),
    share: extraNs / grownNs,
    moreMs: ms(more),
    slowerMs: ms(slower),
    spansPerTrace: amount.spans / mean.n,
    baselineSpansPerTrace: baseline.spans / baselineMean.n,
    msPerSpan: ms(amount.ns / amount.spans),
    baselineMsPerSpan: baseline.spans === 0 ? null : ms(baseline.ns / baseline.spans),
    isNew: baselineOn.length === 0,
    traces: affected.length,
    baselineTraces: baselineOn.length,
    standardErrorMs,
    confidence: confidenceOf(ms(extraNs), standardErrorMs, affected.length, mean.n, baselineMean.n),
    exemplarTraceIds: affected
      .toSorted((a, b) => b.ns - a.ns || byText(a.traceId, b.traceId))
      .slice(0, EXEMPLARS)
      .map(({ traceId }) => traceId),
    movedTo: instances?.moved ?? null,
    byInstance: listed,
    moreInstances: (instances?.instances ?? 0) - listed.length,
  };
  const text = causeText(cause, instances, { set: mean.n, baseline: baselineMean.n });
  return { owner, cause: { ...cause, text }, slow };
}

function instancesOf({ on, restOn, baselineOn }: Grown, { set, rest, before }: Comparison) {
  const weight = ({ traces, total }: Comparison['set']) => (traces.length === 0 ? 0 : total / traces.length);
  return byInstance({
    set: on,
    rest: restOn,
    weights: { set: weight(set), rest: weight(rest) },
    baseline: baselineOn,
    ownBaseline: before !== undefined,
  });
}

/** By how many standard errors it has grown, in how many traces, and from how many that is known. */
function confidenceOf(
  extra: number,
  error: number,
  affected: number,
  set: number,
  baseline: number,
): Confidence {
  if (affected < LEAST_TRACES || extra < 3 * error) return 'low';
  return extra >= 5 * error && set >= 10 && baseline >= 30 ? 'high' : 'medium';
}
