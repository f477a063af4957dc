/**
 * Why the traces of a set take longer than those of a baseline.
 *
 * The times of a trace's shares sum to the length of its critical path. So the extra time of the set's mean trace is
 * exactly the sum of what each owner's mean exclusive time on the path has grown by; an owner's part of it is its growth
 * over the growth of all that have grown. What has become faster, and time that has moved from one owner to another, is
 * told apart, and makes nobody's part greater than the whole. docs/attribution.md has the formulas.
 */
import { causeOf, type Grown } from './cause.ts';
import type { Attribution, Cause, Change, InstanceCause, Numbers } from './result.ts';
import { byText, type Comparison, keyOf, type Owner, type Sample, waitOf, workOf } from './sample.ts';
import { fewText, sameText, summaryText } from './sentences.ts';
import { errorOfDifference, type Moments, moments } from './statistics.ts';
import { type Tally, tally } from './tally.ts';

/** Below so much of the baseline's time a difference is none, however certain. */
const LEAST_EXTRA = 0.01;
/** Standard errors that the means must differ by. */
const LEAST_ERRORS = 2;

const ms = (ns: number) => ns / 1e6;
const NONE: Tally['on'] = [];

function numbersOf({ traces, total }: Sample): Numbers & { readonly work: Moments } {
  const work = moments(traces.map(workOf), traces.length);
  const wait = moments(traces.map(waitOf), traces.length);
  return { traces: total, sampled: traces.length, meanMs: ms(work.mean), waitMs: ms(wait.mean), work };
}

/** `limit`: causes that are listed; the others are summed. The order of traces and shares changes nothing. */
export function attribute(compared: Comparison, limit = 20): Attribution {
  const baseline = compared.before ?? compared.rest;
  const { work: inSet, ...set } = numbersOf(compared.set);
  const { work: inBaseline, ...before } = numbersOf(baseline);
  const extraMs = set.meanMs - before.meanMs;
  const common = { set, baseline: before, extraMs };
  const few = fewText(set.sampled, before.sampled);
  if (few !== '') return { ...common, ...NOTHING, refused: few, summary: few };

  const changes = changesOf(compared, baseline);
  const work = changes.filter(({ owner }) => owner.type !== 'idle');
  const grown = work.filter(({ extraNs }) => extraNs > 0);
  const grownNs = grown.reduce((sum, { extraNs }) => sum + extraNs, 0);
  const causes = grown.map((each) => causeOf(each, compared, grownNs)).sort(byRank);
  const errorMs = ms(errorOfDifference(inSet, inBaseline));
  // One odd trace makes the mean uncertain, but not what all the others have in common.
  const certain = extraMs >= LEAST_ERRORS * errorMs || causes.some(({ confidence }) => confidence !== 'low');
  if (extraMs <= 0 || extraMs < LEAST_EXTRA * before.meanMs || !certain) {
    const same = sameText(set, before, LEAST_ERRORS * errorMs);
    return { ...common, ...NOTHING, refused: same, summary: same };
  }
  const listed = causes.slice(0, limit);
  const left = causes.slice(limit);
  const faster = work.filter(({ extraNs }) => extraNs < 0).map(changeOf);
  const instances = instanceCauses(causes);
  return {
    ...common,
    refused: '',
    summary: summaryText(common, listed, instances),
    grownMs: ms(grownNs),
    shrunkMs: -faster.reduce((sum, each) => sum + each.extraMs, 0),
    causes: listed,
    rest:
      left.length === 0
        ? null
        : {
            causes: left.length,
            extraMs: left.reduce((sum, each) => sum + each.extraMs, 0),
            share: left.reduce((sum, each) => sum + each.share, 0),
          },
    instances,
    faster: faster.toSorted((a, b) => a.extraMs - b.extraMs).slice(0, limit),
    waits: changes
      .filter(({ owner }) => owner.type === 'idle')
      .map(changeOf)
      .sort((a, b) => b.extraMs - a.extraMs || byText(keyOf(a), keyOf(b)))
      .slice(0, limit),
  };
}

const NOTHING = {
  ...{ grownMs: 0, shrunkMs: 0, causes: [], rest: null, instances: [], faster: [], waits: [] },
} satisfies Partial<Attribution>;

/** One for each owner in either sample, in order of their keys. */
function changesOf({ set, rest, before }: Comparison, baseline: Sample): Grown[] {
  const inSet = tally(set);
  const inRest = tally(rest);
  const inBaseline = before === undefined ? inRest : tally(before);
  const setTraces = set.traces.length;
  const baselineTraces = baseline.traces.length;
  const keys = [...new Set([...inSet.keys(), ...inBaseline.keys()])].sort(byText);
  return keys.map((key) => {
    const on = inSet.get(key)?.on ?? NONE;
    const baselineOn = inBaseline.get(key)?.on ?? NONE;
    const owner: Owner = (inSet.get(key) ?? inBaseline.get(key) ?? never(key)).owner;
    const mean = moments(
      on.map(({ ns }) => ns),
      setTraces,
    );
    const baselineMean = moments(
      baselineOn.map(({ ns }) => ns),
      baselineTraces,
    );
    const extraNs = mean.mean - baselineMean.mean;
    const restOn = inRest.get(key)?.on ?? NONE;
    return { owner, on, restOn, baselineOn, mean, baselineMean, extraNs };
  });
}

function never(key: string): never {
  throw new Error(`no owner of ${key}`);
}

/** What could be chance comes last; else the most extra time first. */
const byRank = (a: Cause, b: Cause) =>
  Number(a.confidence === 'low') - Number(b.confidence === 'low') ||
  b.extraMs - a.extraMs ||
  byText(keyOf(ownerOf(a)), keyOf(ownerOf(b)));

const ownerOf = ({ kind, ...rest }: Cause): Owner => ({ ...rest, type: kind === 'edge' ? 'edge' : 'self' });

const changeOf = ({ owner, mean, baselineMean, extraNs, on }: Grown): Change => ({
  ...owner,
  traces: on.length,
  meanMs: ms(mean.mean),
  baselineMeanMs: ms(baselineMean.mean),
  extraMs: ms(extraNs),
});

/** What is slow on one instance, over all operations that are. */
function instanceCauses(causes: readonly Cause[]): InstanceCause[] {
  const sums = new Map<string, InstanceCause>();
  for (const { slowInstances, byInstance, extraMs, share } of causes) {
    const slow = byInstance.filter(({ instance }) => slowInstances.includes(instance));
    const excess = slow.reduce((sum, each) => sum + each.excess, 0);
    for (const each of slow) {
      const before = sums.get(each.instance) ?? { instance: each.instance, causes: 0, extraMs: 0, share: 0 };
      const part = each.excess / excess;
      sums.set(each.instance, {
        instance: each.instance,
        causes: before.causes + 1,
        extraMs: before.extraMs + extraMs * part,
        share: before.share + share * part,
      });
    }
  }
  return [...sums.values()].sort((a, b) => b.extraMs - a.extraMs || byText(a.instance, b.instance));
}
