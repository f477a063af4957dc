/** The graph of a trace on the terminal: operations with counts, errors and their time on the critical path. */
import { elapsed, number, percent, plural } from '#infra/format.ts';
import type { TraceSummary } from '#schemas/events.ts';
import { shareBar } from '#sinks/explain/bars.ts';
import { clean, columns, cut, left, right } from '#sinks/explain/text.ts';
import type { View } from '#sinks/explain/view.ts';
import { type TreeRow, treeOf, weigh } from './graph-tree.ts';

/** Rows before what matters least gives way. */
const MOST = 30;
const BAR = 10;
/** Columns of branches; deeper rows say how deep they are. */
const DEEPEST = 24;
const LEAST_NAME = 24;
const WIDEST_NAME = 72;

/** Positions of the rows that are shown: the weightiest, with what stands above them while there is room for it. */
function shownRows(rows: readonly TreeRow[], most: number): Set<number> {
  const shown = new Set<number>();
  const byWeight = [...rows.keys()].sort((a, b) => weigh(rows[b].node, rows[a].node) || a - b);
  for (const at of byWeight) {
    if (shown.size >= most) break;
    const above: number[] = [];
    for (let up = at; up >= 0 && !shown.has(up) && above.length <= most; up = rows[up].parent) above.push(up);
    const fits = shown.size + above.length <= most;
    for (const row of fits ? above : [at]) shown.add(row);
  }
  return shown;
}

/** A head, then a line for each operation; rows that are left out are counted where they would stand. */
export function graphLines(summary: TraceSummary, view: View): string[] {
  const { colours, width } = view;
  const rows = treeOf(summary);
  const shown = shownRows(rows, view.all ? rows.length : MOST);
  const branches = branchesOf(rows, shown);
  const lines = [...shown]
    .sort((a, b) => a - b)
    .map((at) => ({ at, row: rows[at], text: `${branches[at]}${label(rows[at])}` }));
  const fixed = 2 + 2 + 8 + 2 + 9 + 2 + 9 + 2 + 5 + 2 + BAR;
  const widest = Math.max(...lines.map(({ text }) => columns(text)), 'operation'.length);
  const nameWidth = Math.min(widest, WIDEST_NAME, Math.max(LEAST_NAME, width - fixed));
  const head = `  ${left('operation', nameWidth)}  ${right('errors', 8)}  ${right('total', 9)}  ${right('on path', 9)}`;
  const hidden = hiddenBelow(rows, shown);
  return [
    colours.bold(
      `Graph: ${plural(summary.nodes.length, 'operation')} of ${plural(summary.spanCount, 'span')}`,
    ),
    colours.dim(head.trimEnd()),
    ...lines.flatMap(({ at, row, text }) => [
      line(row, cut(text, nameWidth), nameWidth, summary.durationNs, view),
      ...more(hidden.get(at), `  ${indent(row.depth + 1)}`, view),
    ]),
    ...more(hidden.get(-1), '  ', view),
  ];
}

function label({ node, calls, type, again }: TreeRow): string {
  const count = again ? calls : node.count;
  const times = count > 1 ? ` × ${number(count)}` : '';
  const who =
    node.agent !== node.service && node.agent !== '' ? `${node.agent}, ${node.service}` : node.service;
  const link = type === 'link' ? 'linked: ' : '';
  // The rest of a graph with very many operations is of no one's.
  const whose = who === '' ? '' : ` (${who})`;
  return clean(`${link}${node.operation}${times}${whose}${again ? ' ↑' : ''}`);
}

function line(
  { node, again }: TreeRow,
  text: string,
  nameWidth: number,
  wholeNs: number,
  { colours }: View,
): string {
  if (again) return `  ${colours.dim(text)}`;
  const share = wholeNs > 0 ? node.pathNs / wholeNs : 0;
  const errors = node.errors === 0 ? right('', 8) : colours.red(right(number(node.errors), 8));
  const onPath = node.pathNs === 0 ? right('–', 9) : right(elapsed(node.pathNs / 1e6), 9);
  const bar =
    node.pathNs === 0
      ? ''
      : `  ${right(share < 0.005 ? '<1 %' : percent(share), 5)}  ${colours.cyan(shareBar(share, BAR))}`;
  return `  ${left(text, nameWidth)}  ${errors}  ${right(elapsed(node.totalNs / 1e6), 9)}  ${onPath}${bar}`.trimEnd();
}

const indent = (depth: number) => (depth * 3 > DEEPEST ? `… level ${depth} ` : '   '.repeat(depth));

/** What stands before each name: `│  ├─ `. */
function branchesOf(rows: readonly TreeRow[], shown: ReadonlySet<number>): string[] {
  const last = new Set<number>();
  const lastOf = new Map<number, number>();
  for (const at of shown) lastOf.set(rows[at].parent, Math.max(at, lastOf.get(rows[at].parent) ?? -1));
  for (const at of lastOf.values()) last.add(at);
  const below: string[] = [];
  return rows.map(({ parent, depth }, at) => {
    const before = parent < 0 ? '' : below[parent];
    below[at] = parent < 0 ? '' : `${before}${last.has(at) ? '   ' : '│  '}`;
    if (parent < 0) return '';
    return depth * 3 > DEEPEST ? indent(depth) : `${before}${last.has(at) ? '└─ ' : '├─ '}`;
  });
}

/** Rows left out, by the shown row above them. */
function hiddenBelow(rows: readonly TreeRow[], shown: ReadonlySet<number>): Map<number, number> {
  const hidden = new Map<number, number>();
  for (const [at, { parent }] of rows.entries()) {
    if (shown.has(at)) continue;
    let above = parent;
    while (above >= 0 && !shown.has(above)) above = rows[above].parent;
    hidden.set(above, (hidden.get(above) ?? 0) + 1);
  }
  return hidden;
}

const more = (count: number | undefined, before: string, { colours }: View) =>
  count === undefined ? [] : [colours.dim(`${before}… ${plural(count, 'operation')} more`)];
