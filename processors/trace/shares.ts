import type { Words } from '#schemas/avro/words.ts';
import { beginItems, endOfArray, symbolAt } from '#schemas/avro/writer.ts';
import { SEGMENT_TYPES, shareNumbers } from '#schemas/write-summary.ts';
import { sortRows } from './arrays.ts';
import { type CriticalPath, SEGMENT } from './critical-path.ts';
import { dragOf } from './drag.ts';
import { type Name, NameCount, nameOf } from './names.ts';
import { ROLE } from './roles.ts';
import { keptFloat64s, keptInt32s } from './scratch.ts';
import { Tuples } from './tuples.ts';
import { ROLES, type TraceView } from './view.ts';

/** What a summary can carry and a person would read. */
const MOST_SHARES = 200;

const ownerTuples = new Tuples();
const pieceTuples = new Tuples();
const spanTuples = new Tuples();
const keptOf = keptInt32s();
const keptFirsts = keptInt32s();
const keptSpans = keptInt32s();
const keptErrors = keptInt32s();
const keptTimes = keptFloat64s();
const keptOrder = keptInt32s();

/** Of the share that is drawn together, in place of a first piece. */
const NONE = -1;
const OTHER = 'other';

/** The shares of one path, by their numbers. */
class Shares {
  n = 0;
  readonly view: TraceView;
  readonly path: CriticalPath;
  /** Its first piece, which tells its names, or NONE. */
  first: Int32Array;
  /** Time on the path. */
  pathNs: Float64Array;

  constructor(view: TraceView, path: CriticalPath) {
    this.view = view;
    this.path = path;
    this.first = keptFirsts(path.n);
    this.pathNs = keptTimes(path.n);
  }

  /** Whose time it is: of an edge the callee. */
  owner(piece: number): number {
    return this.path.type[piece] === SEGMENT.edge ? this.path.callee[piece] : this.path.row[piece];
  }

  agent(piece: number): Name {
    return nameOf(this.view.strings[this.view.agent[this.owner(piece)]]).normal;
  }

  /** The `field`th of its names, in their order. */
  text(share: number, field: number): string {
    const { path, view } = this;
    const piece = this.first[share];
    if (piece === NONE) return OTHER_TEXTS[field];
    const owner = this.owner(piece);
    const isEdge = path.type[piece] === SEGMENT.edge;
    switch (field) {
      case 0:
        return SEGMENT_TYPES[path.type[piece]];
      case 1:
        return ROLES[view.role[owner]];
      case 2:
        return view.strings[view.service[owner]];
      case 3:
        return this.agent(piece).text;
      case 4:
        return view.strings[view.operation[owner]];
      case 5:
        return view.strings[view.instance[owner]];
      case 6:
        return isEdge ? view.strings[view.service[path.row[piece]]] : '';
      default:
        return isEdge ? view.strings[view.operation[path.row[piece]]] : '';
    }
  }

  /** The greatest first, then by name. */
  compare(a: number, b: number): number {
    const longer = this.pathNs[b] - this.pathNs[a];
    return longer === 0 ? this.#byNames(a, b) : longer;
  }

  #byNames(a: number, b: number): number {
    for (let field = 0; field < OTHER_TEXTS.length; field++) {
      const [one, another] = [this.text(a, field), this.text(b, field)];
      if (one !== another) return one < another ? -1 : 1;
    }
    return 0;
  }
}

/** Type, role, service, agent, operation, instance, callerService, callerOperation. */
const OTHER_TEXTS = [SEGMENT_TYPES[SEGMENT.self], ROLES[ROLE.other], '', '', OTHER, '', '', ''];

/** Which share each piece of the path belongs to, into `of`, numbered as they appear; and the shares, with their time. */
function groupPieces(view: TraceView, path: CriticalPath, of: Int32Array): Shares {
  const agents = new NameCount();
  const shares = new Shares(view, path);
  const { first, pathNs } = shares;
  ownerTuples.clear();
  pieceTuples.clear();
  for (let i = 0; i < path.n; i++) {
    const caller = path.row[i];
    const owner = shares.owner(i);
    const named = ownerTuples.add(
      view.role[owner],
      view.service[owner],
      view.operation[owner],
      view.instance[owner],
    );
    const isEdge = path.type[i] === SEGMENT.edge;
    const piece = isEdge ? ownerTuples.add(named, view.service[caller], view.operation[caller], -1) : named;
    const number = pieceTuples.add(path.type[i], piece, agents.add(shares.agent(i)));
    of[i] = number;
    if (number === shares.n) {
      first[number] = i;
      pathNs[number] = 0;
      shares.n++;
    }
    pathNs[number] += path.end[i] - path.start[i];
  }
  return shares;
}

/** The greatest shares stay; the rest become one, and `of` says so. */
function drawTogether(shares: Shares, of: Int32Array, most: number): void {
  const { path } = shares;
  const ranked = Int32Array.from({ length: shares.n }, (_, share) => share);
  ranked.sort((a, b) => shares.compare(a, b));
  const other = most - 1;
  const places = new Int32Array(shares.n).fill(other);
  const first = new Int32Array(most).fill(NONE);
  const pathNs = new Float64Array(most);
  for (let place = 0; place < other; place++) {
    places[ranked[place]] = place;
    first[place] = shares.first[ranked[place]];
    pathNs[place] = shares.pathNs[ranked[place]];
  }
  for (let i = 0; i < path.n; i++) {
    of[i] = places[of[i]];
    if (of[i] === other) pathNs[other] += path.end[i] - path.start[i];
  }
  shares.first = first;
  shares.pathNs = pathNs;
  shares.n = most;
}

/**
 * Writes what owns the critical path: a share for each combination of names (see PathShare), most path time first, then by
 * name; past `mostShares` the least are one share `other`. The times sum to the path's length. What a share's
 * drag is: drag.ts.
 */
export function writeShares(
  view: TraceView,
  path: CriticalPath,
  words: Words,
  mostShares = MOST_SHARES,
): void {
  const of = keptOf(path.n);
  const shares = groupPieces(view, path, of);
  if (shares.n > mostShares) drawTogether(shares, of, mostShares);
  const { n, pathNs } = shares;
  const drag = dragOf(view, path, of, n);
  const spans = keptSpans(n);
  const errors = keptErrors(n);
  const order = keptOrder(n);
  for (let share = 0; share < n; share++) {
    spans[share] = 0;
    errors[share] = 0;
    order[share] = share;
  }
  spanTuples.clear();
  for (let i = 0; i < path.n; i++) {
    const row = path.row[i];
    const known = spanTuples.count;
    if (spanTuples.add(row, of[i]) < known) continue;
    spans[of[i]]++;
    if (view.status[row] === 2) errors[of[i]]++;
  }
  sortRows(order, n, (a, b) => shares.compare(a, b));
  beginItems(n);
  for (let i = 0; i < n; i++) {
    const share = order[i];
    writeNames(shares, share, words);
    shareNumbers(spans[share], errors[share], pathNs[share], drag[share]);
  }
  endOfArray();
}

function writeNames(shares: Shares, share: number, words: Words): void {
  const { path, view } = shares;
  const piece = shares.first[share];
  if (piece === NONE) {
    symbolAt(SEGMENT.self);
    words.write(words.fixed(ROLE.other));
    words.write(0);
    words.write(0);
    words.write(words.also(OTHER));
    for (let i = 0; i < 3; i++) words.write(0);
    return;
  }
  const owner = shares.owner(piece);
  const caller = path.row[piece];
  const isEdge = path.type[piece] === SEGMENT.edge;
  const agent = shares.agent(piece);
  const asItIs = agent.text === view.strings[view.agent[owner]];
  symbolAt(path.type[piece]);
  words.write(words.fixed(view.role[owner]));
  words.write(view.service[owner]);
  words.write(asItIs ? view.agent[owner] : words.also(agent.text));
  words.write(view.operation[owner]);
  words.write(view.instance[owner]);
  words.write(isEdge ? view.service[caller] : 0);
  words.write(isEdge ? view.operation[caller] : 0);
}
