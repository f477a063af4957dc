/** What one trace cannot show: that a callee's calls take longer where many of them run at once. */

import type { TraceView } from '#processors/trace/view.ts';
import { Sweep } from '../../trace/sweep.ts';
import {
  agentOperation,
  agentOperations,
  duration,
  failedCalls,
  isOutermostCall,
  rowsByCallee,
} from '../calls.ts';
import type { TraceFact } from '../detector.ts';
import { ms } from '../measures.ts';
import { sortedCopy, thinned } from '../stats.ts';

export interface SlowdownLimits {
  readonly crowdedConcurrency: number;
  readonly aloneConcurrency: number;
}

/** Callees of one trace whose durations go into facts; the ones with most calls come first. */
const MOST_FACTS = 50;
/** Durations a fact carries of each class: enough for a median, few enough for a record. */
const MOST_SAMPLES = 32;

/** How long the calls of each callee took when crowded and when (nearly) alone, by calling agent operation. */
export function slowdownFacts(view: TraceView, c: SlowdownLimits): TraceFact[] {
  const byCallee = rowsByCallee(view, isOutermostCall);
  const groups = new Map<number, { caller: number; callee: number; alone: number[]; crowded: number[] }>();
  const operations = agentOperations(view);
  const failed = failedCalls(view);
  const widest = [...byCallee].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]).slice(0, MOST_FACTS);
  for (const [callee, rows] of widest) {
    const sweep = new Sweep(
      rows.map((row) => view.start[row]),
      rows.map((row) => view.end[row]),
    );
    for (const row of rows) {
      if (failed[row] === 1) continue;
      const beside = sweep.meanWithin(view.start[row], view.end[row]);
      const caller = view.parent[row];
      const key = operations.of[caller] * view.strings.length + callee;
      let group = groups.get(key);
      if (group === undefined) {
        group = { caller, callee, alone: [], crowded: [] };
        groups.set(key, group);
      }
      if (beside <= c.aloneConcurrency) group.alone.push(duration(view, row));
      else if (beside >= c.crowdedConcurrency) group.crowded.push(duration(view, row));
    }
  }
  return [...groups.values()]
    .filter((group) => group.alone.length + group.crowded.length > 0)
    .map((group) => ({
      scope: 'operation',
      ...agentOperation(view, group.caller),
      fact: {
        kind: 'fanout_collapse',
        callee: view.strings[group.callee],
        values: [
          ...thinned(sortedCopy(group.alone), MOST_SAMPLES).map((ns) => ms('alone', ns)),
          ...thinned(sortedCopy(group.crowded), MOST_SAMPLES).map((ns) => ms('crowded', ns)),
        ],
      },
    }));
}
