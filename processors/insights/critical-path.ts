/** Which branch of a fork the join waited for, who merely waited, and the length of the critical path. */
import { elapsed, elapsedAfter, number, plural, rounded } from '#infra/format.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import { agentOperation } from '../detectors/calls.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, reader } from '../detectors/measures.ts';
import { sortRows } from '../trace/arrays.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import type { CriticalPath } from '../trace/critical-path.ts';
import { qualified } from '../trace/normalise.ts';
import { isAgent } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { LONGEST_TIMELINE, makeInsight } from './answer.ts';
import { Floats, Ints, medianOf } from './columns.ts';
import { type Branches, type Fork, forksOf } from './forks.ts';
import type { InsightRule } from './insight.ts';
import { onPath } from './on-path.ts';
import { workerPlaces } from './places.ts';
import { withNumber } from './texts.ts';

/** A wait counts from so long on, or from this share of what the other branches take (as design §5's straggler). */
const MIN_WAIT_NS = 100e6;
const MIN_WAIT_SHARE = 0.5;
/** Branches end together within this share of the time since the fork. Own choice. */
const TOGETHER_SHARE = 0.1;

/** A fork as its join sees it; branches by number, times in ns. */
interface Join {
  readonly fork: Fork;
  readonly last: number;
  readonly next: number;
  /** From the end of the next to the end of the last. */
  readonly wait: number;
  /** The part of the wait that the last branch is to blame for: 0 below the least that counts. */
  readonly blame: number;
  /** Path time of its branches. */
  readonly time: number;
}

const others = new Floats();

/** The least wait of a fork that counts. */
function leastWait({ start, end }: Branches, { from, to }: Fork, last: number): number {
  const times = others.room(to - from - 1);
  let n = 0;
  for (let at = from; at < to; at++) if (at !== last) times[n++] = end[at] - start[from];
  return Math.max(MIN_WAIT_NS, MIN_WAIT_SHARE * medianOf(others.rising(n), n));
}

/** Undefined where nothing waited for the fork. The path tells whom the join waited for: clocks may tell otherwise. */
function joinOf(branches: Branches, fork: Fork): Join | undefined {
  const { end, time, idle } = branches;
  let last = -1;
  let onPath = 0;
  for (let at = fork.from; at < fork.to; at++) {
    if (time[at] === 0) continue;
    if (last < 0 || end[at] > end[last]) last = at;
    onPath += time[at];
  }
  if (last < 0) return undefined;
  let next = -1;
  for (let at = fork.from; at < fork.to; at++)
    if (at !== last && (next < 0 || end[at] > end[next])) next = at;
  const wait = Math.max(0, end[last] - end[next]);
  // Waiting for a person is never blamed on a branch.
  const blamed = wait - idle[last];
  const blame = blamed >= MIN_WAIT_NS && blamed >= leastWait(branches, fork, last) ? blamed : 0;
  return { fork, last, next, wait, blame, time: onPath };
}

/** The fork whose join waited longest for one branch; where none did, the one that owns most of the path. */
function mainJoin(branches: Branches, forks: readonly Fork[]): Join | undefined {
  let best: Join | undefined;
  for (let i = 0; i < forks.length; i++) {
    const join = joinOf(branches, forks[i]);
    if (join === undefined) continue;
    if (best === undefined || join.blame > best.blame) best = join;
    else if (join.blame === best.blame && join.time > best.time) best = join;
  }
  return best;
}

/** All that the answer is made of. */
interface Answered {
  readonly view: TraceView;
  readonly branches: Branches;
  readonly join: Join;
  /** ns. */
  readonly least: number;
  readonly evidence: Measure[];
}

const slackOf = ({ end }: Branches, { last }: Join, branch: number) => Math.max(0, end[last] - end[branch]);

function evidenceOf(
  path: CriticalPath,
  spans: number,
  branches: Branches,
  join: Join,
  least: number,
): Measure[] {
  const { from, to } = join.fork;
  const { start, end, time } = branches;
  let early = 0; // those that finished early and merely waited for the last
  let slackTotal = 0;
  for (let at = from; at < to; at++) {
    if (time[at] > 0) continue;
    const slack = slackOf(branches, join, at);
    if (slack < least) continue;
    early++;
    slackTotal += slack;
  }
  return [
    ms('path_length', path.n === 0 ? 0 : path.end[path.n - 1] - path.start[0]),
    count('path_spans', spans),
    count('branches', to - from),
    count('waited_branches', early),
    ms('slowest_branch', end[join.last] - start[from]),
    ms('next_branch', end[join.next] - start[from]),
    ms('slack_total', slackTotal),
  ];
}

/** What the branch before was named: its siblings are mostly called the same. */
let named = { callee: '', agent: '', name: '' };

function workerName(callee: string, agent: string): string {
  if (named.callee !== callee || named.agent !== agent)
    named = { callee, agent, name: qualified(callee, agent) };
  return named.name;
}

function calleeOf({ view, branches }: Answered, branch: number): string {
  const row = branches.row[branch];
  const callee = view.strings[view.callee[row]];
  return isAgent(view.role[row]) ? workerName(callee, view.strings[view.agent[row]]) : callee;
}

/** `worker analyst #3`: a worker's place among all workers of its parent, else the branch's in its fork. */
function nameOf(answered: Answered, branch: number): string {
  const { view, branches, join } = answered;
  const place = workerPlaces(view)[branches.row[branch]] || branch - join.fork.from + 1;
  return withNumber(calleeOf(answered, branch), place);
}

/** Texts that come again in every trace are made once, as long as they can be: joining short ones costs an object each. */
const pathTakes = elapsedAfter('The critical path takes ');
const andAfter = elapsedAfter(' and ');
const SHARES = Array.from({ length: 101 }, (_, share) => ` apart (${share} % of the time), `);

function apartText(join: Join, slowestMs: number): string {
  if (join.wait <= CLOCK_NS) return 'together, ';
  const share = join.wait / (slowestMs * 1e6);
  const text = share < 0.01 ? ' apart (<1 % of the time), ' : SHARES[rounded(share * 100, 0)];
  return elapsed(join.wait / 1e6) + text;
}

/** What the answer before was about: mostly the same operation again. */
let owned = { agent: '', operation: '', text: ' (agent )' };

function ownerText(agent: string, operation: string): string {
  if (owned.agent !== agent || owned.operation !== operation)
    owned = { agent, operation, text: `${operation} (agent ${agent})` };
  return owned.text;
}

let begun = { branches: 0, owner: '', text: '' };

/** How the answer about branches that ended within a tenth of their time begins. */
function evenText(branches: number, owner: string): string {
  if (begun.branches === branches && begun.owner === owner) return begun.text;
  const both = branches === 2 ? 'both branches' : `the last two of the ${number(branches)} branches`;
  begun = { branches, owner, text: `No branch made the join wait long: ${both} of ${owner} ended ` };
  return begun.text;
}

const earlyText = (waiting: number) => `${number(waiting)} ${waiting === 1 ? 'branch' : 'branches'}`;

function answerOf(answered: Answered): string {
  const { view, join, least, evidence } = answered;
  const e = reader(evidence);
  const { operation, agent } = agentOperation(view, join.fork.owner);
  const owner = ownerText(agent, operation);
  const slowest = e('slowest_branch');
  const next = elapsed(e('next_branch'));
  const waiting = e('waited_branches');
  const path = `${pathTakes(e('path_length'))} over ${plural(e('path_spans'), 'span')}.`;
  if (
    join.blame === 0 &&
    join.wait <= Math.max(2 * CLOCK_NS, TOGETHER_SHARE * slowest * 1e6) &&
    join.wait < least
  ) {
    const others = waiting > 0 ? `; ${earlyText(waiting)} had finished early. ` : '. ';
    const even = evenText(e('branches'), owner) + apartText(join, slowest);
    return `${even}${next}${andAfter(slowest)} after the fork${others}${path}`;
  }
  const last = nameOf(answered, join.last);
  const ends = `ended ${elapsed(slowest)} after the fork, the next ${next} after it`;
  const branches = number(e('branches'));
  if (join.blame > 0)
    return (
      `${owner} forked ${branches} branches and its join waited for one, ${last}: it ${ends}, while ${earlyText(waiting)} ` +
      `had finished early and merely waited (${elapsed(e('slack_total'))} of slack in all). ${path}`
    );
  if (join.wait >= least)
    return `No branch is to blame: of the ${branches} branches of ${owner} ${last} ${ends}, but it waited for a person. ${path}`;
  return `No branch made the join wait long: the last of the ${branches} branches of ${owner} ${ends}. ${path}`;
}

const told = new Ints();

/** The branches that the timeline tells of, into `told`: the last, the one before it, and those that waited longest; how many. */
function tellBranches({ end }: Branches, { fork, last, next }: Join): number {
  const branches = told.room(fork.to - fork.from);
  let n = 0;
  for (let at = fork.from; at < fork.to; at++) if (at !== last && at !== next) branches[n++] = at;
  sortRows(branches, n, (a, b) => end[a] - end[b]);
  const others = Math.min(n, LONGEST_TIMELINE - 2);
  for (let i = others - 1; i >= 0; i--) branches[i + 2] = branches[i];
  branches[0] = last;
  branches[1] = next;
  return others + 2;
}

const waited = elapsedAfter('waited ');

function look({ view, critical }: TraceContext): ReturnType<InsightRule['look']> {
  const path = onPath(view, critical);
  const { forks, branches } = forksOf(view, path);
  const join = mainJoin(branches, forks);
  if (join === undefined) return undefined;
  const least = leastWait(branches, join.fork, join.last);
  const evidence = evidenceOf(critical, path.spans, branches, join, least);
  const answered = { view, branches, join, least, evidence };
  const { agent, operation } = agentOperation(view, join.fork.owner);
  const names = [agent, operation];
  const timeline: TimelineEntry[] = [];
  const n = tellBranches(branches, join);
  for (let i = 0; i < n; i++) {
    const branch = told.at[i];
    const slack = slackOf(branches, join, branch);
    const outcome = branches.time[branch] > 0 ? 'on the path' : waited(slack / 1e6);
    const callee = calleeOf(answered, branch);
    if (names[names.length - 1] !== callee) names.push(callee);
    timeline.push(entry(nameOf(answered, branch), branches.start[branch], branches.end[branch], outcome));
  }
  const insight = {
    kind: 'critical_path' as const,
    found: join.blame > 0,
    answer: answerOf(answered),
    evidence,
    timeline,
  };
  return makeInsight(view, join.fork.owner, insight, names);
}

export const criticalPathBranch: InsightRule = { kind: 'critical_path', look };
