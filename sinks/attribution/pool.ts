/**
 * Of very many instances, those that carry few traces as one. Where each run has a process or pod of its own, nothing can
 * be told of any of them; and an answer must not grow with their number.
 */
import type { InstanceAmount, Occurrence } from './tally.ts';

/** Up to so many instances all are kept. */
const MOST = 200;
/** Traces without which nothing is told of an instance. */
export const LEAST_TRACES = 5;

export interface Pooled {
  /** How many instances carry it now, and how many of those the resources name. */
  readonly instances: number;
  readonly named: number;
  /** Traces of now by instance. */
  readonly traces: ReadonlyMap<string | null, number>;
  readonly set: readonly Occurrence[];
  readonly rest: readonly Occurrence[];
  readonly baseline: readonly Occurrence[];
}

/** `set` and `rest` are of now; `baseline` may be the rest. */
export function pooled(
  set: readonly Occurrence[],
  rest: readonly Occurrence[],
  baseline: readonly Occurrence[],
): Pooled {
  const traces = new Map<string | null, number>();
  count(set, traces);
  count(rest, traces);
  const found = { instances: traces.size, named: traces.size - (traces.has('') ? 1 : 0), traces };
  const inAll = baseline === rest ? traces : count(baseline, new Map(traces));
  if (inAll.size <= MOST) return { ...found, set, rest, baseline };
  const few = new Set<string | null>();
  for (const [instance, n] of inAll) if (n < LEAST_TRACES && instance !== '') few.add(instance);
  const pool = (on: readonly Occurrence[]) =>
    on.map((each) => ({ ...each, instances: together(each.instances, few) }));
  const restPooled = pool(rest);
  return {
    ...found,
    set: pool(set),
    rest: restPooled,
    baseline: baseline === rest ? restPooled : pool(baseline),
  };
}

function count(on: readonly Occurrence[], traces: Map<string | null, number>) {
  for (const { instances } of on)
    for (const { instance } of instances) traces.set(instance, (traces.get(instance) ?? 0) + 1);
  return traces;
}

function together(instances: readonly InstanceAmount[], few: ReadonlySet<string | null>) {
  const kept: InstanceAmount[] = [];
  let [ns, spans, any] = [0, 0, false];
  for (const each of instances) {
    if (!few.has(each.instance)) kept.push(each);
    else {
      ns += each.ns;
      spans += each.spans;
      any = true;
    }
  }
  return any ? [...kept, { instance: null, ns, spans }] : kept;
}
