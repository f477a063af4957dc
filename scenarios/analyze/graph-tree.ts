/** The graph of a trace's operations as a tree: each operation in full once, then only its name. */
import type { GraphEdge, GraphNode } from '#schemas/events.ts';

export interface TreeRow {
  readonly node: GraphNode;
  readonly depth: number;
  /** Position of the row above it in the tree; -1 of a root. */
  readonly parent: number;
  /** Of the edge to it; 0 of a root. */
  readonly calls: number;
  readonly type: GraphEdge['type'];
  /** It stands in full elsewhere: it is called from several places, or calls itself. */
  readonly again: boolean;
}

type Graph = { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] };

/** Rows in order of a walk down; what owns most of the path first. Any graph, cycles included. */
export function treeOf({ nodes, edges }: Graph): TreeRow[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const next = Map.groupBy(edges, ({ from }) => from);
  const called = new Set(
    edges.filter(({ from, to, type }) => type === 'child' && from !== to).map(({ to }) => to),
  );
  const linked = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to));
  // Roots: what nobody calls; then, for what is only linked to or in cycles, whatever is left.
  const roots = [
    ...nodes.filter(({ id }) => !called.has(id) && !linked.has(id)),
    ...nodes.filter(({ id }) => !called.has(id) && linked.has(id)),
    ...nodes,
  ];
  /** One edge to each, calls before links; lighter ones first. */
  const below = (id: number): GraphEdge[] => {
    const out = next.get(id) ?? [];
    const calls = new Set(out.filter(({ type }) => type === 'child').map(({ to }) => to));
    return out
      .filter(({ to, type }) => type === 'child' || !calls.has(to))
      .sort((a, b) => weigh(byId.get(a.to)!, byId.get(b.to)!));
  };
  const done = new Set<number>();
  const rows: TreeRow[] = [];
  const start = (node: GraphNode) => {
    if (done.has(node.id)) return;
    const stack: TreeRow[] = [{ node, depth: 0, parent: -1, calls: 0, type: 'child', again: false }];
    for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
      // What is called by someone stands below its caller, not where it is only linked to.
      const again = done.has(row.node.id) || (row.type === 'link' && called.has(row.node.id));
      const at = rows.push({ ...row, again }) - 1;
      if (again) continue;
      done.add(row.node.id);
      // The last that is put on the stack comes first.
      for (const { to, count, type } of below(row.node.id)) {
        const child = byId.get(to)!;
        stack.push({ node: child, depth: row.depth + 1, parent: at, calls: count, type, again: false });
      }
    }
  };
  for (const root of roots) start(root);
  return rows;
}

/** Lighter ones first. */
export function weigh(a: GraphNode, b: GraphNode): number {
  return a.pathNs - b.pathNs || a.errors - b.errors || a.totalNs - b.totalNs || b.id - a.id;
}
