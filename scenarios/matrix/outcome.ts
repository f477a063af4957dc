import type { Verdict } from '../judge/verdict.ts';
import type { Scenario } from '../scenario.ts';

/** What became of all runs of one scenario. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly runs: readonly { readonly seed: number; readonly traceId: string; readonly verdict: Verdict }[];
  /** False incidents of its agents that no single run shows. */
  readonly faults: readonly string[];
}

export function isRight({ runs, faults }: Outcome): boolean {
  return faults.length === 0 && runs.every(({ verdict }) => verdict.faults.length === 0);
}

/** How many runs each kind was found in, the most often found first. */
export function foundKinds({ runs }: Outcome): [kind: string, runs: number][] {
  const counts = new Map<string, number>();
  for (const { verdict } of runs)
    for (const kind of new Set(verdict.found.map((finding) => finding.kind)))
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
