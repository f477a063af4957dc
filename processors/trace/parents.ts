import { adoptOrphans } from './adopt.ts';
import { int32s } from './arrays.ts';
import { lentInt32s, lentUint8s } from './lent.ts';
import { keptInt32s } from './scratch.ts';
import { SpanIndex } from './span-index.ts';

/** OTLP Span.SpanKind. */
export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** What resolving parents needs to know of each row; `ids` and `parentIds` hold two words a row. */
export interface ParentInput {
  readonly n: number;
  readonly ids: Uint32Array;
  readonly parentIds: Uint32Array;
  readonly kind: Uint8Array;
  readonly service: Int32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
}

export interface Tree {
  /** Row of the parent or -1. */
  readonly parent: Int32Array;
  /** 1 where a parent is named but not here (`parent` may then be who surely was above it), or where a cycle was cut. */
  readonly orphan: Uint8Array;
  /** Children of row r: `children[offset[r] .. offset[r + 1]]`, rising. */
  readonly offset: Int32Array;
  readonly children: Int32Array;
  /** Parents before children. */
  readonly topDown: Int32Array;
}

/**
 * Spans of one id that are looked at when a parent is sought. Zipkin's halves are two; an id that very many spans share
 * is a fault of its writer and must not cost their number for each child.
 */
const MOST_SHARING = 16;

/**
 * Among spans that share the id of a parent (the first 16 of them), the one that the child meant: of its own service, then the server half
 * (what is done below a shared id is done on the server), then the one that runs when the child starts, then the first.
 */
function bestParent(s: ParentInput, index: SpanIndex, row: number, high: number, low: number): number {
  const first = index.first(high, low);
  if (first >= 0 && first !== row && index.next(first) < 0) return first;
  let best = -1;
  let bestScore = -1;
  let looked = 0;
  for (let at = first; at >= 0 && looked < MOST_SHARING; at = index.next(at), looked++) {
    if (at === row) continue;
    const score =
      (s.service[at] === s.service[row] ? 4 : 0) +
      (s.kind[at] === KIND.server || s.kind[at] === KIND.consumer ? 2 : 0) +
      (s.start[at] <= s.start[row] && s.start[row] <= s.end[at] ? 1 : 0);
    if (score > bestScore) {
      best = at;
      bestScore = score;
    }
  }
  return best;
}

function clientHalf(s: ParentInput, index: SpanIndex, row: number): number {
  if (s.kind[row] !== KIND.server) return -1;
  let at = index.first(s.ids[row * 2], s.ids[row * 2 + 1]);
  for (let looked = 0; at >= 0 && looked < MOST_SHARING; at = index.next(at), looked++)
    if (s.kind[at] === KIND.client) return at;
  return -1;
}

/** Cuts every cycle of parents at its first row, which becomes an orphan. */
function breakCycles(parent: Int32Array, orphan: Uint8Array): void {
  const seenIn = int32s(parent.length).fill(-1);
  for (let walk = 0; walk < parent.length; walk++) {
    let row = walk;
    while (row >= 0 && seenIn[row] < 0) {
      seenIn[row] = walk;
      row = parent[row];
    }
    if (row < 0 || seenIn[row] !== walk) continue;
    let first = row;
    for (let at = parent[row]; at !== row; at = parent[at]) first = Math.min(first, at);
    parent[first] = -1;
    orphan[first] = 1;
  }
}

const NO_CUT = new Uint8Array(0);

/** Resolves parent ids to rows; whatever the ids say, the result is a forest. */
export function buildTree(s: ParentInput): Tree {
  const index = new SpanIndex(s.ids, s.n);
  const parent = lentInt32s(s.n);
  const orphan = lentUint8s(s.n);
  let anyOrphan = false;
  for (let row = 0; row < s.n; row++) {
    const client = clientHalf(s, index, row);
    const high = s.parentIds[row * 2];
    const low = s.parentIds[row * 2 + 1];
    parent[row] = -1;
    orphan[row] = 0;
    if (client >= 0) parent[row] = client;
    else if (high !== 0 || low !== 0) {
      parent[row] = bestParent(s, index, row, high, low);
      if (parent[row] < 0) {
        orphan[row] = 1;
        anyOrphan = true;
      }
    }
  }
  const tree = treeOf(parent, orphan);
  // Whoever the roots do not lead to is in a cycle, or below one.
  if (reached === s.n) return !anyOrphan || !adoptOrphans(s, tree, NO_CUT) ? tree : treeOf(parent, orphan);
  const named = orphan.slice();
  breakCycles(parent, orphan);
  const cut = orphan.map((is, row) => is & (named[row] ^ 1));
  const forest = treeOf(parent, orphan);
  return adoptOrphans(s, forest, cut) ? treeOf(parent, orphan) : forest;
}

/** Rows that the last `treeOf` found below its roots. */
let reached = 0;
const keptFill = keptInt32s();

function treeOf(parent: Int32Array, orphan: Uint8Array): Tree {
  const n = parent.length;
  const offset = lentInt32s(n + 1);
  for (let row = 0; row <= n; row++) offset[row] = 0;
  for (let row = 0; row < n; row++) if (parent[row] >= 0) offset[parent[row] + 1]++;
  for (let row = 0; row < n; row++) offset[row + 1] += offset[row];
  const children = lentInt32s(offset[n]);
  const fill = keptFill(n);
  for (let row = 0; row < n; row++) fill[row] = offset[row];
  const topDown = lentInt32s(n);
  let tail = 0;
  for (let row = 0; row < n; row++) {
    if (parent[row] >= 0) children[fill[parent[row]]++] = row;
    else topDown[tail++] = row;
  }
  for (let head = 0; head < tail; head++) {
    const row = topDown[head];
    for (let at = offset[row]; at < offset[row + 1]; at++) topDown[tail++] = children[at];
  }
  reached = tail;
  return { parent, orphan, offset, children, topDown };
}
