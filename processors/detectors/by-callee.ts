import type { Fact } from '#schemas/events.ts';
import type { WindowContext } from './detector.ts';

/** The facts of a window's traces by the callee that they are about, in the order of the traces; callees sorted. */
export function factsByCallee(window: WindowContext): Map<string, Fact[]> {
  const found = new Map<string, Fact[]>();
  for (const { facts } of window.traces)
    for (const fact of facts) {
      const same = found.get(fact.callee);
      if (same === undefined) found.set(fact.callee, [fact]);
      else same.push(fact);
    }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How many measures of that name the facts have. */
export function measuresNamed(facts: readonly Fact[], name: string): number {
  let n = 0;
  for (const { values } of facts) for (const measure of values) if (measure.name === name) n++;
  return n;
}
