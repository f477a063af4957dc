import type { TraceView } from '../trace/view.ts';

/**
 * By how much the trace would have been shorter (ns) if `row`, which is on the critical path, had ended `sooner` ns
 * earlier: at each level up to the root, what waited for it would next have waited for the sibling that ends last before it.
 */
export function savedBy(view: TraceView, row: number, sooner: number): number {
  const { childFrom, childRows } = view;
  let saved = sooner;
  for (let at = row; view.parent[at] >= 0 && saved > 0; at = view.parent[at]) {
    const parent = view.parent[at];
    const end = Math.min(view.end[at], view.end[parent]);
    let next = view.start[parent];
    for (let i = childFrom[parent]; i < childFrom[parent + 1]; i++) {
      const sibling = childRows[i];
      if (sibling === at || view.end[sibling] > view.end[at]) continue;
      next = Math.max(next, view.end[sibling]);
    }
    saved = Math.min(saved, Math.max(0, end - next));
  }
  return saved;
}
