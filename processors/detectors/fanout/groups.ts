/** The calls of one callee that one span offers. */

import { fillRows, sortRows } from '../../trace/arrays.ts';
import { ROLE } from '../../trace/roles.ts';
import { keptFloat64s, keptInt32s, keptUint8s } from '../../trace/scratch.ts';
import type { TraceView } from '../../trace/view.ts';
import { BY, thoughtsBefore } from './offers.ts';
import type { OutermostCalls } from './outermost.ts';

/** Calls are named by the rows of their first attempts. Good until others are asked for. */
export interface Groups {
  readonly n: number;
  /** Of each group its first call; the others follow by `next`, rising, up to -1. */
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly size: Int32Array;
  /** 1: of some of its calls not only the parent's start tells when they were offered. */
  readonly surely: Uint8Array;
  /** The groups in order of their first calls. */
  readonly order: Int32Array;
  /** By call: the row of the span that fans out, a BY, and when that offered it, ns. */
  readonly owner: Int32Array;
  readonly by: Uint8Array;
  readonly offer: Float64Array;
}

const keptHead = keptInt32s();
const keptTail = keptInt32s();
const keptNext = keptInt32s();
const keptSize = keptInt32s();
const keptSurely = keptUint8s();
const keptOrder = keptInt32s();
const keptOwner = keptInt32s();
const keptBy = keptUint8s();
const keptOffer = keptFloat64s();
const keptMade = keptInt32s();
const keptGroup = keptInt32s();

/**
 * The groups of the callees with at least `least` calls. A call is offered as its worker starts, else by the last
 * thought before it, else as its parent starts.
 */
export function groupsOf(view: TraceView, calls: OutermostCalls, first: Int32Array, least: number): Groups {
  const { start, parent, role } = view;
  const rows = calls.byCallee;
  const head = keptHead(calls.n);
  const tail = keptTail(calls.n);
  const size = keptSize(calls.n);
  const surely = keptSurely(calls.n);
  const next = keptNext(view.n);
  const owner = keptOwner(view.n);
  const by = keptBy(view.n);
  const offer = keptOffer(view.n);
  const thoughts = thoughtsBefore(view, calls);
  /** Of the callee: calls that a span makes itself, and the group (from 1) that it owns. */
  const made = fillRows(keptMade(view.n), view.n, 0);
  const groupAt = fillRows(keptGroup(view.n), view.n, 0);
  let n = 0;
  for (let i = 0; i < calls.callees && calls.count[calls.callee[i]] >= least; i++) {
    const from = calls.from[i];
    const to = calls.from[i + 1];
    for (let at = from; at < to; at++) if (first[rows[at]] === rows[at]) made[parent[rows[at]]]++;
    for (let at = from; at < to; at++) {
      const row = rows[at];
      if (first[row] !== row) continue;
      const above = parent[row];
      // A worker with one such call is one offer; one that makes several is a caller like any other.
      const worker = role[above] === ROLE.worker && parent[above] >= 0 && made[above] === 1;
      by[row] = worker ? BY.worker : thoughts[row] >= 0 ? BY.sibling : BY.parent;
      owner[row] = worker ? parent[above] : above;
      offer[row] = Math.max(Math.min(start[above], start[row]), thoughts[row]);
      let group = groupAt[owner[row]] - 1;
      if (group < 0) {
        group = n++;
        groupAt[owner[row]] = n;
        head[group] = row;
        size[group] = 0;
        surely[group] = 0;
      } else next[tail[group]] = row;
      tail[group] = row;
      next[row] = -1;
      size[group]++;
      if (by[row] !== BY.parent) surely[group] = 1;
    }
    for (let at = from; at < to; at++) {
      const row = rows[at];
      if (first[row] !== row) continue;
      made[parent[row]] = 0;
      groupAt[owner[row]] = 0;
    }
  }
  return { n, head, next, size, surely, order: inOrder(head, n), owner, by, offer };
}

function inOrder(head: Int32Array, n: number): Int32Array {
  const order = keptOrder(n);
  for (let group = 0; group < n; group++) order[group] = group;
  return sortRows(order, n, (a, b) => head[a] - head[b]);
}
