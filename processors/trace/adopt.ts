/**
 * A lost span leaves its children without a parent. Beside the path they would be lost too: one agent of sixty gone, and
 * the rest of its chain with it. So they are stood in for where the trace leaves no doubt who was above them.
 */
import { CLOCK_NS } from './clock.ts';
import type { ParentInput, Tree } from './parents.ts';

/** Lost spans that are stood in for, at most: each costs a walk down the tree. */
const MOST_LOST = 256;

/** The children of one lost span. */
interface Lost {
  readonly rows: number[];
  start: number;
  end: number;
}

/** Children by the parent that they name, of the first 256 lost ones; a cycle's cut is no loss. */
function lostParents(s: ParentInput, { parent, orphan }: Tree, cut: Uint8Array): Lost[] {
  const lost = new Map<string, Lost>();
  for (let row = 0; row < s.n; row++) {
    if (parent[row] >= 0 || orphan[row] === 0 || cut[row] === 1) continue;
    const key = `${s.parentIds[row * 2]} ${s.parentIds[row * 2 + 1]}`;
    const group = lost.get(key);
    if (group !== undefined) {
      group.rows.push(row);
      group.start = Math.min(group.start, s.start[row]);
      group.end = Math.max(group.end, s.end[row]);
    } else if (lost.size < MOST_LOST) lost.set(key, { rows: [row], start: s.start[row], end: s.end[row] });
  }
  return [...lost.values()].sort((a, b) => a.start - b.start || b.end - a.end || a.rows[0] - b.rows[0]);
}

/** The row of the only root; -1 where there is none or more than one. */
function onlyRoot({ parent, orphan }: Tree): number {
  let root = -1;
  for (let row = 0; row < parent.length; row++) {
    if (parent[row] >= 0 || orphan[row] === 1) continue;
    if (root >= 0) return -1;
    root = row;
  }
  return root;
}

/**
 * Spans whose parent was lost go below the deepest span that surely was above it: from the root down, as long as exactly
 * one child lasts from the first of them to the last. They stay marked as orphans. Writes `tree.parent`; true where any
 * was adopted. Nothing is adopted in a trace with several roots.
 */
export function adoptOrphans(s: ParentInput, tree: Tree, cut: Uint8Array): boolean {
  const { parent, offset, children } = tree;
  const lost = lostParents(s, tree, cut);
  const root = lost.length === 0 ? -1 : onlyRoot(tree);
  if (root < 0) return false;
  const adopted = new Map<number, number[]>();
  let any = false;
  for (const { rows, start, end } of lost) {
    const encloses = (row: number) => s.start[row] <= start + CLOCK_NS && s.end[row] >= end - CLOCK_NS;
    if (!encloses(root)) continue;
    let above = root;
    for (;;) {
      let found = -1;
      let count = 0;
      const look = (child: number) => {
        if (!encloses(child)) return;
        found = child;
        count++;
      };
      for (let at = offset[above]; at < offset[above + 1]; at++) look(children[at]);
      adopted.get(above)?.forEach(look);
      if (count !== 1) break;
      above = found;
    }
    for (const row of rows) parent[row] = above;
    const beside = adopted.get(above);
    if (beside === undefined) adopted.set(above, [...rows]);
    else beside.push(...rows);
    any = true;
  }
  return any;
}
