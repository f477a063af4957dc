/**
 * Why the traces of a set take longer than those of a baseline.
 *
 * The times of a trace's shares sum to the length of its critical path. So the extra time of the set's mean trace is
 * exactly the sum of what each owner's mean exclusive time on the path has grown by; an owner's part of it is its growth
 * over the growth of all that have grown. What has become faster, and time that has moved from one owner to another, is
 * told apart, and makes nobody's part greater than the whole. docs/attribution.md has the formulas.
 */
import { causeOf, type Found, type Grown } from './cause.ts';
import type { Attribution, Change, InstanceCause, Numbers } from './result.ts';
import { byOwner, byText, type Comparison, type Owner, type Sample, waitOf, workOf } from './sample.ts';
import { fewText, sameText, summaryText } from './sentences.ts';
import { firstOf, shortOwner } from './short.ts';
import { errorOfDifference, type Moments, moments } from './statistics.ts';
import { numbered, Owners, tally } from './tally.ts';

/** Below so much of the baseline's time a difference is none, however certain. */
const LEAST_EXTRA = 0.01;
/** Standard errors that the means must differ by. */
const LEAST_ERRORS = 2;
/** Of the owners that have grown most so many are looked at closely; the others are summed. */
const LOOKED_AT = 200;
const INSTANCES = 20;
/** Causes with all of their listed instances, and how many of them the later ones have. */
const IN_FULL = 20;
const IN_BRIEF = 3;

const ms = (ns: number) => ns / 1e6;

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

  const { grown, faster, waits, grownNs, shrunkNs, summed } = changesOf(compared, baseline, limit);
  const found = grown.map((each) => causeOf(each, compared, grownNs)).sort(byRank);
  const errorMs = ms(errorOfDifference(inSet, inBaseline));
  // One odd trace makes the mean uncertain, but not what all the others have in common.
  const certain = extraMs >= LEAST_ERRORS * errorMs || found.some(({ cause }) => cause.confidence !== 'low');
  if (extraMs <= 0 || extraMs < LEAST_EXTRA * before.meanMs || !certain) {
    const same = sameText(set, before, LEAST_ERRORS * errorMs);
    return { ...common, ...NOTHING, refused: same, summary: same };
  }
  const listed = found.slice(0, limit).map(({ cause }) => cause);
  const left = found.slice(limit).map(({ cause }) => cause);
  const instances = instanceCauses(found);
  const sumLeft = (of: 'extraMs' | 'share', more: number) =>
    left.reduce((sum, each) => sum + each[of], summed.owners > 0 ? more : 0);
  return {
    ...common,
    refused: '',
    summary: summaryText(common, listed, instances),
    grownMs: ms(grownNs),
    shrunkMs: ms(shrunkNs),
    causes: listed.map((cause, i) => (i < IN_FULL ? cause : brief(cause))),
    rest:
      left.length + summed.owners === 0
        ? null
        : {
            causes: left.length + summed.owners,
            extraMs: sumLeft('extraMs', ms(summed.ns)),
            share: sumLeft('share', summed.ns / grownNs),
          },
    instances: instances.slice(0, INSTANCES),
    faster: faster.listed.map(changeOf),
    waits: waits.listed.map(changeOf),
    more: {
      instances: Math.max(0, instances.length - INSTANCES),
      faster: faster.owners - faster.listed.length,
      waits: waits.owners - waits.listed.length,
    },
  };
}

const NOTHING = {
  ...{ grownMs: 0, shrunkMs: 0, causes: [], rest: null, instances: [], faster: [], waits: [] },
  more: { instances: 0, faster: 0, waits: 0 },
} satisfies Partial<Attribution>;

interface Growth {
  readonly number: number;
  readonly owner: Owner;
  readonly extraNs: number;
}

const byOwnerOf = (a: Growth, b: Growth) => byOwner(a.owner, b.owner);
const mostFirst = (a: Growth, b: Growth) => b.extraNs - a.extraNs || byOwnerOf(a, b);
const leastFirst = (a: Growth, b: Growth) => a.extraNs - b.extraNs || byOwnerOf(a, b);

/** What has grown, what has become faster, and waits: those with the greatest change in full, and what the others sum to. */
function changesOf({ set, rest, before }: Comparison, baseline: Sample, limit: number) {
  const owners = new Owners();
  const inSet = numbered(set, owners);
  const inRest = numbered(rest, owners);
  const inBaseline = before === undefined ? inRest : numbered(before, owners);
  const [n, baselineN] = [set.traces.length, baseline.traces.length];
  const [grown, shrunk, waits]: Growth[][] = [[], [], []];
  for (const [number, owner] of owners.all.entries()) {
    const extraNs = (inSet.ns[number] ?? 0) / n - (inBaseline.ns[number] ?? 0) / baselineN;
    const to = owner.type === 'idle' ? waits : extraNs > 0 ? grown : shrunk;
    if (owner.type === 'idle' || extraNs !== 0) to.push({ number, owner, extraNs });
  }
  const most = firstOf(grown, Math.max(LOOKED_AT, limit), mostFirst);
  const leastOf = firstOf(shrunk, limit, leastFirst);
  const longest = firstOf(waits, limit, mostFirst);

  const wanted = new Set([...most, ...leastOf, ...longest].map(({ number }) => number));
  const setOn = tally(inSet, wanted);
  const restOn = tally(inRest, wanted);
  const baselineOn = before === undefined ? restOn : tally(inBaseline, wanted);
  const inFull = ({ number, owner, extraNs }: Growth): Grown => {
    const on = setOn.get(number) ?? [];
    const baselineThere = baselineOn.get(number) ?? [];
    const nsOf = (of: typeof on) => of.map(({ ns }) => ns);
    return {
      ...{ owner, on, extraNs, restOn: restOn.get(number) ?? [], baselineOn: baselineThere },
      mean: moments(nsOf(on), n),
      baselineMean: moments(nsOf(baselineThere), baselineN),
    };
  };
  const grownNs = sumOf(grown);
  return {
    grown: most.map(inFull),
    faster: { owners: shrunk.length, listed: leastOf.map(inFull) },
    waits: { owners: waits.length, listed: longest.map(inFull) },
    grownNs,
    shrunkNs: -sumOf(shrunk),
    summed: { owners: grown.length - most.length, ns: Math.max(0, grownNs - sumOf(most)) },
  };
}

/** In order of size, so that the order of traces changes no digit of it. */
const sumOf = (all: readonly Growth[]): number =>
  Float64Array.from(all, ({ extraNs }) => extraNs)
    .sort()
    .reduce((sum, each) => sum + each, 0);

/** What could be chance comes last; else the most extra time first. */
const byRank = ({ owner: a, cause: x }: Found, { owner: b, cause: y }: Found) =>
  Number(x.confidence === 'low') - Number(y.confidence === 'low') || y.extraMs - x.extraMs || byOwner(a, b);

const brief = (cause: Attribution['causes'][number]) => ({
  ...cause,
  byInstance: cause.byInstance.slice(0, IN_BRIEF),
  moreInstances: cause.moreInstances + Math.max(0, cause.byInstance.length - IN_BRIEF),
});

const changeOf = ({ owner, mean, baselineMean, extraNs, on }: Grown): Change => ({
  ...shortOwner(owner),
  traces: on.length,
  meanMs: ms(mean.mean),
  baselineMeanMs: ms(baselineMean.mean),
  extraMs: ms(extraNs),
});

/** What is slow on one instance, over all operations that are. */
function instanceCauses(found: readonly Found[]): InstanceCause[] {
  const sums = new Map<string, InstanceCause>();
  for (const { cause, slow } of found) {
    const { extraMs, share } = cause;
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
