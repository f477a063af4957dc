/** The outermost calls of a trace and whose they are: looked for once, for all that asks about fan-outs. */

import { fillRows, sortRows } from '../../trace/arrays.ts';
import { oncePerView } from '../../trace/once-per-view.ts';
import { ROLE } from '../../trace/roles.ts';
import { keptInt32s } from '../../trace/scratch.ts';
import { callsIn } from '../calls.ts';

/** Good until another view's are asked for: the arrays are longer than said, and kept from one trace to the next. */
export interface OutermostCalls {
  readonly n: number;
  /** Of all of them, rising. */
  readonly rows: Int32Array;
  /** How many each callee has (index into the view's strings). */
  readonly count: Int32Array;
  /** How many callees they have. */
  readonly callees: number;
  /** The callees (indexes into the view's strings), the ones with most calls first. */
  readonly callee: Int32Array;
  /** The rows of the i-th callee: `byCallee[from[i]]` up to `from[i + 1]`, rising. */
  readonly from: Int32Array;
  readonly byCallee: Int32Array;
}

const keptRows = keptInt32s();
const keptCount = keptInt32s();
const keptCallee = keptInt32s();
const keptFrom = keptInt32s();
const keptPlace = keptInt32s();
const keptByCallee = keptInt32s();

/** Of each view: see isOutermostCall. */
export const outermostCalls = oncePerView((view): OutermostCalls => {
  const { parent, role, callee: calls } = view;
  const known = view.strings.length;
  const isACall = callsIn(view);
  const rows = keptRows(view.n);
  const callee = keptCallee(view.n);
  const count = fillRows(keptCount(known), known, 0);
  let n = 0;
  let callees = 0;
  for (let row = 0; row < view.n; row++) {
    const above = parent[row];
    if (isACall[row] === 0 || above < 0 || (isACall[above] === 1 && role[above] !== ROLE.agent)) continue;
    rows[n++] = row;
    if (count[calls[row]]++ === 0) callee[callees++] = calls[row];
  }
  sortRows(callee, callees, (a, b) => count[b] - count[a] || a - b);
  const from = keptFrom(callees + 1);
  const place = keptPlace(known);
  from[0] = 0;
  for (let i = 0; i < callees; i++) {
    place[callee[i]] = from[i];
    from[i + 1] = from[i] + count[callee[i]];
  }
  const byCallee = keptByCallee(n);
  for (let i = 0; i < n; i++) byCallee[place[calls[rows[i]]]++] = rows[i];
  return { n, rows, count, callees, callee, from, byCallee };
});
