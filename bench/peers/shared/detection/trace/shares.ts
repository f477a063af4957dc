import { ROLE } from '#processors/trace/roles.ts';
import { ROLES, type TraceView } from '#processors/trace/view.ts';
import type { PathShare } from '#schemas/events.ts';
import { type CriticalPath, SEGMENT } from './critical-path.ts';
import { dragOf } from './drag.ts';
import { normalise } from './normalise.ts';

const TYPES: readonly PathShare['type'][] = ['self', 'edge', 'idle'];

/** What a summary can carry and a person would read. */
const MOST_SHARES = 200;

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

/** For each of the view's strings its normalised form, each asked for once. */
function normaliser(view: TraceView): (index: number) => string {
  const known: string[] = [];
  return (index) => (known[index] ??= normalise(view.strings[index]));
}

/** Which share each piece of the path belongs to, numbered as they appear, and their names. */
function groupPieces(view: TraceView, path: CriticalPath): { of: Int32Array; names: Names[] } {
  const { strings } = view;
  const agentOf = normaliser(view);
  const numbers = new Map<string, number>();
  const names: Names[] = [];
  const of = new Int32Array(path.n);
  for (let i = 0; i < path.n; i++) {
    const isEdge = path.type[i] === SEGMENT.edge;
    const caller = path.row[i];
    const owner = isEdge ? path.callee[i] : caller;
    const agent = agentOf(view.agent[owner]);
    const ofCaller = isEdge ? `${view.service[caller]} ${view.operation[caller]}` : '';
    const numbered = `${path.type[i]} ${view.role[owner]} ${view.service[owner]} ${view.operation[owner]} ${view.instance[owner]}`;
    const key = `${numbered} ${ofCaller} ${agent}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = names.length;
      numbers.set(key, number);
      names.push({
        type: TYPES[path.type[i]],
        role: ROLES[view.role[owner]],
        service: strings[view.service[owner]],
        agent,
        operation: strings[view.operation[owner]],
        instance: strings[view.instance[owner]],
        callerService: isEdge ? strings[view.service[caller]] : '',
        callerOperation: isEdge ? strings[view.operation[caller]] : '',
      });
    }
    of[i] = number;
  }
  return { of, names };
}

const NAMES = Object.keys(OTHER) as (keyof Names)[];

function byNames(a: Names, b: Names): number {
  for (const name of NAMES) if (a[name] !== b[name]) return a[name] < b[name] ? -1 : 1;
  return 0;
}

/** The greatest shares keep a place of their own; the rest have the last place together. */
function places(times: Float64Array, names: readonly Names[], most: number) {
  const ranked = [...names.keys()].sort((a, b) => times[b] - times[a] || byNames(names[a], names[b]));
  const kept = ranked.length > most ? ranked.slice(0, most - 1) : ranked;
  const placeOf = new Int32Array(names.length).fill(kept.length);
  kept.forEach((number, place) => {
    placeOf[number] = place;
  });
  const named = kept.map((number) => names[number]);
  return { placeOf, named: kept.length < ranked.length ? [...named, OTHER] : named };
}

/**
 * What owns the critical path: a share for each combination of names (see PathShare), most path time first, then by
 * name; past `mostShares` the least are one share `other`. The times sum to the path's length. What a share's
 * drag is: drag.ts.
 */
export function pathShares(view: TraceView, path: CriticalPath, mostShares = MOST_SHARES): PathShare[] {
  const { of, names } = groupPieces(view, path);
  const times = new Float64Array(names.length);
  for (let i = 0; i < path.n; i++) times[of[i]] += path.end[i] - path.start[i];
  const { placeOf, named } = places(times, names, mostShares);
  const shareOf = of.map((number) => placeOf[number]);
  const drag = dragOf(view, path, shareOf, named.length);
  const shares = named.map(
    (each, place): PathShare => ({
      ...each,
      spans: 0,
      errors: 0,
      pathNs: 0,
      dragNs: drag[place],
    }),
  );
  const counted = new Set<number>();
  for (let i = 0; i < path.n; i++) {
    const share = shares[shareOf[i]];
    const row = path.row[i];
    share.pathNs += path.end[i] - path.start[i];
    const owner = row * shares.length + shareOf[i];
    if (counted.has(owner)) continue;
    counted.add(owner);
    share.spans++;
    if (view.status[row] === 2) share.errors++;
  }
  return shares.sort((a, b) => b.pathNs - a.pathNs || byNames(a, b));
}
