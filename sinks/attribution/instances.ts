/**
 * Is an operation slow, or only on some of its instances?
 *
 * An instance is compared with itself as it was (the baseline of another time; an instance that had none, with the operation
 * then) and with the others as they are now. Without a baseline of another time it cannot be known how it was: then the
 * reference is the operation on all instances.
 */
import { byText } from './sample.ts';
import { binomialTail } from './statistics.ts';
import { type Amount, amountOf, amountsByInstance, type Occurrence } from './tally.ts';

/** Named are instances that hold so much of the operation's excess together. */
const COVERED = 0.8;
/** And whose spans in the set take so many times as long as those of the others now. */
const SLOWER = 1.5;
/** A trace was hit where an instance took so many times its reference. */
const HIT = 1.5;
/** At least so many traces of the set were hit there. */
const LEAST_HITS = 5;
/** Spans without which a mean is no reference. */
const LEAST_SPANS = 5;
/** Load that has moved is the reason where it makes so much of what spans are slower by. */
const MOVED = 0.5;
/** Odds, for all instances together, that hits fall on some instance as they did by chance. */
const CHANCE = 0.01;

export interface Weighed {
  readonly on: readonly Occurrence[];
  /** How many traces each one stands for. */
  readonly weight: number;
}

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
  /** Those that are slow where the others are not, sorted; none where the operation is. */
  readonly slow: readonly string[];
  /** A span on the others now; null where none is slow. */
  readonly othersMsPerSpan: number | null;
  /** Null: it has not, or the baseline is of the same time. */
  readonly moved: Moved | null;
  /** Traces of the set that any instance was slow in. */
  readonly hits: number;
  /** The most excess first. */
  readonly instances: readonly InstanceNumbers[];
}

interface Given {
  readonly set: readonly Occurrence[];
  /** All traces of the set's time, the set among them. */
  readonly now: readonly Weighed[];
  readonly baseline: readonly Occurrence[];
  /** The baseline is of another time. */
  readonly ownBaseline: boolean;
}

const perSpan = ({ ns, spans }: Amount) => ns / spans;
const msPerSpan = (amount: Amount | undefined, least: number) =>
  amount === undefined || amount.spans < least ? null : perSpan(amount) / 1e6;

/** Undefined: no instance is named, or the operation is new and there is nothing to compare with. */
export function byInstance({ set, now, baseline, ownBaseline }: Given): ByInstance | undefined {
  const all = amountOf(baseline);
  const load = weighedByInstance(now);
  if (all.spans === 0 || [...load.keys()].every((instance) => instance === '')) return undefined;
  const before = amountsByInstance(baseline);
  const reference = (instance: string): number => {
    const own = ownBaseline ? before.get(instance) : undefined;
    return perSpan(own !== undefined && own.spans >= LEAST_SPANS ? own : all);
  };
  const { hits, excess } = excessOf(set, reference);
  const loads = [...load.values()].reduce((sum, { spans }) => sum + spans, 0);
  const allExcess = [...excess.values()].reduce((sum, ns) => sum + ns, 0);
  const inSet = amountsByInstance(set);
  const ranked = [...load.keys()].sort((a, b) => (excess.get(b) ?? 0) - (excess.get(a) ?? 0) || byText(a, b));
  const hit = [...hits.values()].reduce((sum, n) => sum + n, 0);
  const few = fewest(ranked, (instance) => (excess.get(instance) ?? 0) / allExcess);
  const others = amountBut(load, few);
  const named =
    allExcess > 0 &&
    few.length <= ranked.length / 2 &&
    !few.includes('') &&
    concentrated(few, ranked.length, hits, hit, 1 - others.spans / loads) &&
    others.spans >= LEAST_SPANS &&
    perSpan(sumOf(few.map((instance) => inSet.get(instance)))) >= SLOWER * perSpan(others);
  return {
    slow: named ? few.toSorted(byText) : [],
    othersMsPerSpan: named ? perSpan(others) / 1e6 : null,
    moved: ownBaseline && !named ? movedTo(load, before) : null,
    hits: hit,
    instances: ranked.map((instance) => ({
      instance,
      load: (load.get(instance)?.spans ?? 0) / loads,
      hits: hits.get(instance) ?? 0,
      excess: allExcess > 0 ? (excess.get(instance) ?? 0) / allExcess : 0,
      msPerSpan: msPerSpan(inSet.get(instance), 1),
      baselineMsPerSpan: msPerSpan(before.get(instance), LEAST_SPANS),
    })),
  };
}

/**
 * The mean span is slower by Σ w·t − Σ w₀·t₀ (load w and time t of each instance, before with ₀); of that Σ (w − w₀)·t₀ is
 * load that has moved. An instance with too few spans before counts as the mean of all.
 */
function movedTo(load: ReadonlyMap<string, Amount>, before: ReadonlyMap<string, Amount>): Moved | null {
  const now = sumOf([...load.values()]);
  const then = sumOf([...before.values()]);
  const parts = [...new Set([...load.keys(), ...before.keys()])].map((instance) => {
    const own = before.get(instance);
    const each = own !== undefined && own.spans >= LEAST_SPANS ? perSpan(own) : perSpan(then);
    const part = (load.get(instance)?.spans ?? 0) / now.spans;
    const partBefore = (own?.spans ?? 0) / then.spans;
    return { instance, each, part, partBefore, moved: (part - partBefore) * (each - perSpan(then)) };
  });
  const moved = parts.reduce((sum, each) => sum + each.moved, 0);
  const slower = perSpan(now) - perSpan(then);
  if (!(slower > 0 && moved >= MOVED * slower)) return null;
  const [to] = parts
    .filter(({ instance, part, partBefore }) => instance !== '' && part > partBefore)
    .sort((a, b) => b.moved - a.moved || byText(a.instance, b.instance));
  if (to === undefined) return null;
  const { instance, part, partBefore, each } = to;
  return { instance, load: part, baselineLoad: partBefore, baselineMsPerSpan: each / 1e6 };
}

/** Time beyond the references (0: less than they), and the traces that were hit by it, by instance. */
function excessOf(set: readonly Occurrence[], reference: (instance: string) => number) {
  const excess = new Map<string, number>();
  const hits = new Map<string, number>();
  for (const { instances } of set) {
    let most = 0;
    let worst: string | undefined;
    for (const [instance, { ns, spans }] of [...instances].sort(([a], [b]) => byText(a, b))) {
      const expected = spans * reference(instance);
      const beyond = ns - expected;
      excess.set(instance, (excess.get(instance) ?? 0) + beyond);
      if (ns > HIT * expected && beyond > most) {
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

/** The first of `ranked` that hold COVERED of the whole. */
function fewest(ranked: readonly string[], partOf: (instance: string) => number): string[] {
  let covered = 0;
  const enough = ranked.findIndex((instance) => {
    covered += partOf(instance);
    return covered >= COVERED;
  });
  return ranked.slice(0, enough + 1);
}

/** More of the traces were hit on `few` than their part of the load would make likely. */
function concentrated(
  few: readonly string[],
  instances: number,
  hits: ReadonlyMap<string, number>,
  hit: number,
  load: number,
): boolean {
  const there = few.reduce((sum, instance) => sum + (hits.get(instance) ?? 0), 0);
  return there >= LEAST_HITS && binomialTail(hit, there, load) <= CHANCE / instances;
}

function weighedByInstance(now: readonly Weighed[]): Map<string, Amount> {
  const sums = new Map<string, Amount>();
  for (const { on, weight } of now)
    for (const [instance, { ns, spans }] of amountsByInstance(on))
      sums.set(instance, sumOf([sums.get(instance), { ns: ns * weight, spans: spans * weight }]));
  return sums;
}

const sumOf = (amounts: readonly (Amount | undefined)[]): Amount =>
  amounts.reduce<Amount>((sum, of) => ({ ns: sum.ns + (of?.ns ?? 0), spans: sum.spans + (of?.spans ?? 0) }), {
    ns: 0,
    spans: 0,
  });

const amountBut = (load: ReadonlyMap<string, Amount>, few: readonly string[]): Amount =>
  sumOf([...load].filter(([instance]) => !few.includes(instance)).map(([, amount]) => amount));
