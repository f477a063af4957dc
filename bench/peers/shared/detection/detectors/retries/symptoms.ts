/** Retries at several levels: which retried calls fail because of others below them. */
import type { TraceView } from '#processors/trace/view.ts';

/** Calls that are tried again together: of one callee, or of one callee by one caller. */
export interface RetriedCalls {
  readonly failedRows: readonly number[];
}

export interface Cause {
  /** Index of the deepest retried calls that explain these. */
  readonly by: number;
  /** Failed attempts with a failed attempt of other retried calls below them. */
  readonly explained: number;
}

function depths(view: TraceView): Int32Array {
  const depth = new Int32Array(view.n);
  for (const row of view.topDown) if (view.parent[row] >= 0) depth[row] = depth[view.parent[row]] + 1;
  return depth;
}

/** Indexes of the groups, the one whose failures are deepest in the trace first. */
function deepestFirst(view: TraceView, groups: readonly RetriedCalls[]): number[] {
  const depth = depths(view);
  const mean = groups.map(
    ({ failedRows }) => failedRows.reduce((sum, row) => sum + depth[row], 0) / (failedRows.length || 1),
  );
  return groups.map((_, index) => index).sort((a, b) => mean[b] - mean[a] || a - b);
}

/**
 * For each group what explains it: calls are a symptom where at least half of their failures have a failed attempt of
 * deeper calls below them. The cause is never a symptom itself. `groups` in an order that is the same for the same trace.
 */
export function causesOf(view: TraceView, groups: readonly RetriedCalls[]): (Cause | undefined)[] {
  const causes = new Array<Cause | undefined>(groups.length).fill(undefined);
  if (groups.length < 2) return causes;
  const order = deepestFirst(view, groups);
  const NONE = groups.length;
  const own = new Int32Array(view.n).fill(NONE);
  for (const [rank, index] of order.entries())
    for (const row of groups[index].failedRows) own[row] = Math.min(own[row], rank);
  const below = new Int32Array(view.n).fill(NONE);
  for (let i = view.n - 1; i >= 0; i--) {
    const row = view.topDown[i];
    const parent = view.parent[row];
    if (parent >= 0) below[parent] = Math.min(below[parent], below[row], own[row]);
  }
  for (const [rank, index] of order.entries()) {
    const { failedRows } = groups[index];
    const votes = new Map<number, number>();
    let explained = 0;
    for (const row of failedRows) {
      if (below[row] >= rank) continue;
      explained++;
      votes.set(below[row], (votes.get(below[row]) ?? 0) + 1);
    }
    if (explained === 0 || explained * 2 < failedRows.length) continue;
    const [winner] = [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
    // Deeper groups have been decided: where the winner is a symptom, its cause is this one's too.
    const by = causes[order[winner]]?.by ?? order[winner];
    causes[index] = { by, explained };
  }
  return causes;
}
