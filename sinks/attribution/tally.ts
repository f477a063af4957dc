/** The shares of many traces, by owner. */
import { byText, keyOf, type Owner, type Sample } from './sample.ts';

export interface Amount {
  /** Exclusive time on the path. */
  readonly ns: number;
  readonly spans: number;
}

/** An owner in one trace, on all instances together. */
export interface Occurrence extends Amount {
  readonly traceId: string;
  readonly instances: ReadonlyMap<string, Amount>;
}

export interface Tally {
  readonly owner: Owner;
  /** In order of trace id; a trace that it is not in has none. */
  readonly on: readonly Occurrence[];
}

interface Growing {
  readonly traceId: string;
  ns: number;
  spans: number;
  readonly instances: Map<string, Amount>;
}

const plus = (a: Amount | undefined, ns: number, spans: number): Amount =>
  a === undefined ? { ns, spans } : { ns: a.ns + ns, spans: a.spans + spans };

/** By `keyOf` the owner. The order of traces and of shares changes nothing. */
export function tally({ traces }: Sample): Map<string, Tally> {
  const tallies = new Map<string, { readonly owner: Owner; readonly on: Growing[] }>();
  for (const { traceId, shares } of traces.toSorted((a, b) => byText(a.traceId, b.traceId))) {
    for (const share of shares) {
      const key = keyOf(share);
      let of = tallies.get(key);
      if (of === undefined) {
        const { type, role, service, agent, operation, callerService, callerOperation } = share;
        of = { owner: { type, role, service, agent, operation, callerService, callerOperation }, on: [] };
        tallies.set(key, of);
      }
      let there = of.on.at(-1);
      if (there?.traceId !== traceId) {
        there = { traceId, ns: 0, spans: 0, instances: new Map() };
        of.on.push(there);
      }
      there.ns += share.pathNs;
      there.spans += share.spans;
      there.instances.set(
        share.instance,
        plus(there.instances.get(share.instance), share.pathNs, share.spans),
      );
    }
  }
  return tallies;
}

/** Of all occurrences together. */
export const amountOf = (on: readonly Occurrence[]): Amount =>
  on.reduce((sum, { ns, spans }) => plus(sum, ns, spans), { ns: 0, spans: 0 });

/** Of all occurrences together, by instance. */
export function amountsByInstance(on: readonly Occurrence[]): Map<string, Amount> {
  const sums = new Map<string, Amount>();
  for (const { instances } of on)
    for (const [instance, { ns, spans }] of instances)
      sums.set(instance, plus(sums.get(instance), ns, spans));
  return sums;
}
