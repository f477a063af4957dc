/** The shares of many traces, by owner. */
import { byText, keyOf, type Owner, type Sample, type Share, sameOwner } from './sample.ts';

export interface Amount {
  /** Exclusive time on the path. */
  readonly ns: number;
  readonly spans: number;
}

export interface InstanceAmount extends Amount {
  /** Empty: the resource names none; null: many instances with few traces each, together. */
  readonly instance: string | null;
}

/** An owner in one trace, on all instances together. */
export interface Occurrence extends Amount {
  readonly traceId: string;
  /** One for each instance, as the shares of a trace are. */
  readonly instances: readonly InstanceAmount[];
}

/** So many owners of one operation are compared one by one; beyond them by their keys, which take longer to make. */
const COMPARED = 8;

/** A number for each owner of several samples. */
export class Owners {
  readonly all: Owner[] = [];
  readonly #ofOperation = new Map<string, number[]>();
  readonly #ofKey = new Map<string, number>();

  numberOf(share: Share): number {
    const same = this.#ofOperation.get(share.operation);
    if (same === undefined) {
      const number = this.all.push(share) - 1;
      this.#ofOperation.set(share.operation, [number]);
      return number;
    }
    for (const number of same) if (sameOwner(this.all[number], share)) return number;
    if (same.length < COMPARED) {
      const number = this.all.push(share) - 1;
      same.push(number);
      return number;
    }
    const key = keyOf(share);
    const known = this.#ofKey.get(key);
    if (known !== undefined) return known;
    const number = this.all.push(share) - 1;
    this.#ofKey.set(key, number);
    return number;
  }
}

/** A sample, in order of trace id, with the owner of each share as its number. */
export interface Numbered {
  readonly traces: readonly {
    readonly traceId: string;
    readonly shares: readonly Share[];
    readonly owners: readonly number[];
  }[];
  /** Time on all paths by owner; of owners beyond its end none. */
  readonly ns: readonly (number | undefined)[];
}

export function numbered({ traces }: Sample, owners: Owners): Numbered {
  const ns: number[] = [];
  const all = traces
    .toSorted((a, b) => byText(a.traceId, b.traceId))
    .map(({ traceId, shares }) => ({
      traceId,
      shares,
      owners: shares.map((share) => {
        const owner = owners.numberOf(share);
        while (ns.length <= owner) ns.push(0);
        ns[owner] += share.pathNs;
        return owner;
      }),
    }));
  return { traces: all, ns };
}

/** Where the wanted owners are, in order of trace id; a trace that one is not in has none. */
export function tally({ traces }: Numbered, wanted: ReadonlySet<number>): Map<number, Occurrence[]> {
  const tallies = new Map<number, Growing[]>([...wanted].map((owner) => [owner, []]));
  for (const { traceId, shares, owners } of traces) {
    for (let i = 0; i < shares.length; i++) {
      const on = tallies.get(owners[i]);
      if (on === undefined) continue;
      const { instance, pathNs, spans } = shares[i];
      const there = on.at(-1);
      const part = { instance, ns: pathNs, spans };
      if (there?.traceId !== traceId) on.push({ traceId, ns: pathNs, spans, instances: [part] });
      else {
        there.ns += pathNs;
        there.spans += spans;
        there.instances.push(part);
      }
    }
  }
  return tallies;
}

interface Growing {
  readonly traceId: string;
  ns: number;
  spans: number;
  readonly instances: InstanceAmount[];
}

/** Of all occurrences together. */
export function amountOf(on: readonly Occurrence[]): Amount {
  let [ns, spans] = [0, 0];
  for (const each of on) {
    ns += each.ns;
    spans += each.spans;
  }
  return { ns, spans };
}

/** Of all occurrences together, by instance; each counts `weight` times. */
export function amountsByInstance(
  on: readonly Occurrence[],
  weight = 1,
  sums = new Map<string | null, { ns: number; spans: number }>(),
): Map<string | null, { ns: number; spans: number }> {
  for (const { instances } of on)
    for (const { instance, ns, spans } of instances) {
      const sum = sums.get(instance);
      if (sum === undefined) sums.set(instance, { ns: ns * weight, spans: spans * weight });
      else {
        sum.ns += ns * weight;
        sum.spans += spans * weight;
      }
    }
  return sums;
}
