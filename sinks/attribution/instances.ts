/**
 * Is an operation slow, or only on some of its instances?
 *
 * An instance is compared with itself as it was (the baseline of another time; an instance that had none, with the operation
 * then) and with the others as they are now. Without a baseline of another time it cannot be known how it was: then the
 * reference is the operation on all instances. Of an instance with few traces nothing is told: where every run has a process
 * of its own, each slow trace is on a slow instance.
 */
import { LEAST_TRACES, pooled } from './pool.ts';
import { byText } from './sample.ts';
import { shortName } from './short.ts';
import { logBinomialTail, logChoose } from './statistics.ts';
import { type Amount, amountOf, amountsByInstance, type InstanceAmount, type Occurrence } from './tally.ts';

/** Named are instances that hold so much of the operation's excess together. */
const COVERED = 0.8;
/** And whose spans in the set take so many times as long as those of the others now. */
const SLOWER = 1.5;
/** A trace was hit where an instance took so many times its reference. */
const HIT = 1.5;
/** At least so many traces of the set were hit there. */
const LEAST_HITS = 5;
/** Of them on each that is named: one or two are no sign of it. */
const LEAST_OWN_HITS = 3;
/** Spans without which a mean is no reference. */
const LEAST_SPANS = 5;
/** Load that has moved is the reason where it makes so much of what spans are slower by. */
const MOVED = 0.5;
/** Odds that hits fall so on any choice of as many instances by chance. */
const CHANCE = 0.01;
/** Instances whose numbers are given. */
const LISTED = 10;

export interface InstanceNumbers {
  readonly instance: string;
  /** Of the operation's spans on paths now, 0 to 1. */
  readonly load: number;
  /** Traces of the set in which it took more than 1.5 times its reference, and more beyond it than any other instance. */
  readonly hits: number;
  /** Its part of the operation's time beyond the references, 0 to 1. */
  readonly excess: number;
  /** In the set, mean of a span; null: no span of it there. */
  readonly msPerSpan: number | null;
  /** In the baseline, mean of a span; null: too few there. */
  readonly baselineMsPerSpan: number | null;
}

/** More of the load runs where a span took long before too: that, and not slower spans, makes most of the extra time. */
export interface Moved {
  readonly instance: string;
  /** Of the operation's spans on paths, 0 to 1: now, and in the baseline. */
  readonly load: number;
  readonly baselineLoad: number;
  readonly baselineMsPerSpan: number;
}

export interface ByInstance {
  /** Those that are slow where the others are not, the most excess first; none where the operation is. */
  readonly slow: readonly InstanceNumbers[];
  /** In the set, mean of a span on all that are slow; null where none is. */
  readonly slowMsPerSpan: number | null;
  /** A span on the others now; null where none is slow. */
  readonly othersMsPerSpan: number | null;
  /** Null: it has not, or the baseline is of the same time. */
  readonly moved: Moved | null;
  /** Traces of the set that any instance was slow in. */
  readonly hits: number;
  /** At most 10 of those with numbers: first the slow ones, then the most excess first. */
  readonly listed: readonly InstanceNumbers[];
  /** How many instances carry it now, and how many of those the resources name. */
  readonly instances: number;
  readonly named: number;
  /** How many carry enough traces to tell anything of. */
  readonly told: number;
}

interface Given {
  readonly set: readonly Occurrence[];
  /** The other traces of the set's time. */
  readonly rest: readonly Occurrence[];
  /** How many traces each of the set and of the rest stands for. */
  readonly weights: { readonly set: number; readonly rest: number };
  readonly baseline: readonly Occurrence[];
  /** The baseline is of another time. */
  readonly ownBaseline: boolean;
}

type Instance = InstanceAmount['instance'];
type Amounts = ReadonlyMap<Instance, Amount>;

const perSpan = ({ ns, spans }: Amount) => ns / spans;
const msPerSpan = (amount: Amount | undefined, least: number) =>
  amount === undefined || amount.spans < least ? null : perSpan(amount) / 1e6;

/** Undefined: no instance is named, or the operation is new and there is nothing to compare with. */
export function byInstance({ weights, ownBaseline, ...given }: Given): ByInstance | undefined {
  const all = amountOf(given.baseline);
  if (all.spans === 0 || !namesAny(given.set, given.rest)) return undefined;
  const { set, rest, baseline, traces, instances, named } = pooled(given.set, given.rest, given.baseline);
  const load = amountsByInstance(rest, weights.rest, amountsByInstance(set, weights.set));
  const before = amountsByInstance(baseline);
  const inSet = amountsByInstance(set);
  const reference = (instance: Instance): number => {
    const own = ownBaseline ? before.get(instance) : undefined;
    return perSpan(own !== undefined && own.spans >= LEAST_SPANS ? own : all);
  };
  const { hits, excess } = excessOf(set, reference);
  const allLoad = sumOf(load.values());
  const allExcess = sum(excess.values());
  const hit = sum(hits.values());
  const excessAt = (instance: Instance) => excess.get(instance) ?? 0;
  const ranked = [...load.keys()]
    .filter((instance) => instance !== null)
    .sort((a, b) => excessAt(b) - excessAt(a) || byText(a, b));
  const known = ranked.filter((instance) => (traces.get(instance) ?? 0) >= LEAST_TRACES);
  const few = fewest(
    known.filter((instance) => (hits.get(instance) ?? 0) >= LEAST_OWN_HITS),
    (instance) => excessAt(instance) / allExcess,
  );
  const fewLoad = sumOf(few.map((instance) => load.get(instance)));
  const others = { ns: allLoad.ns - fewLoad.ns, spans: allLoad.spans - fewLoad.spans };
  const there = few.reduce((total, instance) => total + (hits.get(instance) ?? 0), 0);
  const slowInSet = sumOf(few.map((instance) => inSet.get(instance)));
  const some =
    few.length > 0 &&
    few.length <= instances / 2 &&
    !few.includes('') &&
    there >= LEAST_HITS &&
    concentrated(few.length, known.length, there, hit, fewLoad.spans / allLoad.spans) &&
    others.spans >= LEAST_SPANS &&
    perSpan(slowInSet) >= SLOWER * perSpan(others);
  const slow = new Set(some ? few : []);
  const numbersOf = (instance: string): InstanceNumbers => ({
    instance: shortName(instance),
    load: (load.get(instance)?.spans ?? 0) / allLoad.spans,
    hits: hits.get(instance) ?? 0,
    excess: allExcess > 0 ? excessAt(instance) / allExcess : 0,
    msPerSpan: msPerSpan(inSet.get(instance), 1),
    baselineMsPerSpan: msPerSpan(before.get(instance), LEAST_SPANS),
  });
  const listed = [...slow, ...ranked.filter((instance) => !slow.has(instance))].slice(0, LISTED);
  return {
    slow: [...slow].map(numbersOf),
    slowMsPerSpan: some ? perSpan(slowInSet) / 1e6 : null,
    othersMsPerSpan: some ? perSpan(others) / 1e6 : null,
    moved: ownBaseline && !some ? movedTo(load, before) : null,
    hits: hit,
    listed: listed.map(numbersOf),
    ...{ instances, named, told: known.length },
  };
}

const namesAny = (...parts: readonly (readonly Occurrence[])[]) =>
  parts.some((on) => on.some(({ instances }) => instances.some(({ instance }) => instance !== '')));

/**
 * The mean span is slower by Σ w·t − Σ w₀·t₀ (load w and time t of each instance, before with ₀); of that Σ (w − w₀)·t₀ is
 * load that has moved. An instance with too few spans before counts as the mean of all.
 */
function movedTo(load: Amounts, before: Amounts): Moved | null {
  const now = sumOf(load.values());
  const then = sumOf(before.values());
  const parts = [...new Set([...load.keys(), ...before.keys()])].map((instance) => {
    const own = before.get(instance);
    const each = own !== undefined && own.spans >= LEAST_SPANS ? perSpan(own) : perSpan(then);
    const part = (load.get(instance)?.spans ?? 0) / now.spans;
    const partBefore = (own?.spans ?? 0) / then.spans;
    return {
      instance: instance ?? '',
      each,
      part,
      partBefore,
      moved: (part - partBefore) * (each - perSpan(then)),
    };
  });
  const moved = parts.reduce((total, each) => total + each.moved, 0);
  const slower = perSpan(now) - perSpan(then);
  if (!(slower > 0 && moved >= MOVED * slower)) return null;
  const [to] = parts
    .filter(({ instance, part, partBefore }) => instance !== '' && part > partBefore)
    .sort((a, b) => b.moved - a.moved || byText(a.instance, b.instance));
  if (to === undefined) return null;
  const { instance, part, partBefore, each } = to;
  return {
    instance: shortName(instance),
    load: part,
    baselineLoad: partBefore,
    baselineMsPerSpan: each / 1e6,
  };
}

/** Time beyond the references (0: less than they), and the traces that were hit by it, by instance. */
function excessOf(set: readonly Occurrence[], reference: (instance: Instance) => number) {
  const excess = new Map<Instance, number>();
  const hits = new Map<Instance, number>();
  for (const { instances } of set) {
    let most = 0;
    let worst: Instance | undefined;
    for (const { instance, ns, spans } of instances) {
      const expected = spans * reference(instance);
      const beyond = ns - expected;
      excess.set(instance, (excess.get(instance) ?? 0) + beyond);
      if (ns <= HIT * expected || beyond < most) continue;
      // Of equals the first by name, in whatever order they come.
      if (beyond > most || worst === undefined || byText(instance ?? '', worst ?? '') < 0) {
        most = beyond;
        worst = instance;
      }
    }
    if (worst !== undefined) hits.set(worst, (hits.get(worst) ?? 0) + 1);
  }
  // Summed first: what scatters round its reference has little, whatever single traces took.
  for (const [instance, ns] of excess) if (ns < 0) excess.set(instance, 0);
  return { excess, hits };
}

/** The first of `ranked` that hold COVERED of the whole; none where all of them do not. */
function fewest(ranked: readonly string[], partOf: (instance: string) => number): string[] {
  let covered = 0;
  const enough = ranked.findIndex((instance) => {
    covered += partOf(instance);
    return covered >= COVERED;
  });
  return ranked.slice(0, enough + 1);
}

/**
 * So many hits `there` are unlikely for the `load` there, whichever `few` of the instances one had looked at: they were
 * chosen for their hits (Bonferroni, over all choices of as many).
 */
const concentrated = (few: number, of: number, there: number, hit: number, load: number): boolean =>
  logBinomialTail(hit, there, load) + logChoose(of, few) <= Math.log(CHANCE);

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function sumOf(amounts: Iterable<Amount | undefined>): Amount {
  let [ns, spans] = [0, 0];
  for (const amount of amounts) {
    ns += amount?.ns ?? 0;
    spans += amount?.spans ?? 0;
  }
  return { ns, spans };
}
