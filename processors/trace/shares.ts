import type { PathShare } from '#schemas/events.ts';
import { sortFew } from './arrays.ts';
import { type CriticalPath, SEGMENT } from './critical-path.ts';
import { dragOf } from './drag.ts';
import { NameCount, nameOf } from './names.ts';
import { ROLE } from './roles.ts';
import { keptInt32s } from './scratch.ts';
import { Tuples } from './tuples.ts';
import { ROLES, type TraceView } from './view.ts';

const TYPES: readonly PathShare['type'][] = ['self', 'edge', 'idle'];

/** What a summary can carry and a person would read. */
const MOST_SHARES = 200;

type Share = { -readonly [K in keyof PathShare]: PathShare[K] };
type Names = Omit<PathShare, 'spans' | 'errors' | 'pathNs' | 'dragNs'>;

const OTHER: Names = {
  type: 'self',
  role: ROLES[ROLE.other],
  service: '',
  agent: '',
  operation: 'other',
  instance: '',
  callerService: '',
  callerOperation: '',
};

const ownerTuples = new Tuples();
const pieceTuples = new Tuples();
const spanTuples = new Tuples();
const keptOf = keptInt32s();

/** Which share each piece of the path belongs to, into `of`, numbered as they appear; and the shares, with their time. */
function groupPieces(view: TraceView, path: CriticalPath, of: Int32Array): Share[] {
  const { strings } = view;
  const agents = new NameCount();
  ownerTuples.clear();
  pieceTuples.clear();
  const shares: Share[] = [];
  for (let i = 0; i < path.n; i++) {
    const isEdge = path.type[i] === SEGMENT.edge;
    const caller = path.row[i];
    const owner = isEdge ? path.callee[i] : caller;
    const agent = nameOf(strings[view.agent[owner]]).normal;
    const named = ownerTuples.add(
      view.role[owner],
      view.service[owner],
      view.operation[owner],
      view.instance[owner],
    );
    const piece = isEdge ? ownerTuples.add(named, view.service[caller], view.operation[caller], -1) : named;
    const number = pieceTuples.add(path.type[i], piece, agents.add(agent));
    of[i] = number;
    if (number === shares.length)
      shares.push({
        type: TYPES[path.type[i]],
        role: ROLES[view.role[owner]],
        service: strings[view.service[owner]],
        agent: agent.text,
        operation: strings[view.operation[owner]],
        instance: strings[view.instance[owner]],
        callerService: isEdge ? strings[view.service[caller]] : '',
        callerOperation: isEdge ? strings[view.operation[caller]] : '',
        spans: 0,
        errors: 0,
        pathNs: 0,
        dragNs: 0,
      });
    shares[number].pathNs += path.end[i] - path.start[i];
  }
  return shares;
}

const NAMES = Object.keys(OTHER) as (keyof Names)[];

function byNames(a: Names, b: Names): number {
  for (const name of NAMES) if (a[name] !== b[name]) return a[name] < b[name] ? -1 : 1;
  return 0;
}

const greatestFirst = (a: Share, b: Share) => b.pathNs - a.pathNs || byNames(a, b);

/** The greatest shares stay; the rest become one, and `of` says so. */
function drawTogether(shares: Share[], path: CriticalPath, of: Int32Array, most: number): Share[] {
  const kept = [...shares].sort(greatestFirst).slice(0, most - 1);
  const places = new Map(kept.map((share, place) => [share, place]));
  const other = { ...OTHER, spans: 0, errors: 0, pathNs: 0, dragNs: 0 };
  for (let i = 0; i < path.n; i++) {
    const place = places.get(shares[of[i]]);
    of[i] = place ?? kept.length;
    if (place === undefined) other.pathNs += path.end[i] - path.start[i];
  }
  return [...kept, other];
}

/**
 * What owns the critical path: a share for each combination of names (see PathShare), most path time first, then by
 * name; past `mostShares` the least are one share `other`. The times sum to the path's length. What a share's
 * drag is: drag.ts.
 */
export function pathShares(view: TraceView, path: CriticalPath, mostShares = MOST_SHARES): PathShare[] {
  const of = keptOf(path.n);
  let shares = groupPieces(view, path, of);
  if (shares.length > mostShares) shares = drawTogether(shares, path, of, mostShares);
  const drag = dragOf(view, path, of, shares.length);
  for (let number = 0; number < shares.length; number++) shares[number].dragNs = drag[number];
  spanTuples.clear();
  for (let i = 0; i < path.n; i++) {
    const row = path.row[i];
    const known = spanTuples.count;
    if (spanTuples.add(row, of[i]) < known) continue;
    const share = shares[of[i]];
    share.spans++;
    if (view.status[row] === 2) share.errors++;
  }
  return sortFew(shares, greatestFirst);
}
