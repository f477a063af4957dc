/** Which branch of a fork the join waited for, who merely waited, and the length of the critical path. */
import { elapsed, number, percent, plural } from '#infra/format.ts';
import type { InsightRule } from '#processors/insights/insight.ts';
import { CLOCK_NS } from '#processors/trace/clock.ts';
import { isAgent } from '#processors/trace/roles.ts';
import type { TraceView } from '#processors/trace/view.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import { agentOperation } from '../detectors/calls.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, reader } from '../detectors/measures.ts';
import { quantile, sortedCopy } from '../detectors/stats.ts';
import type { CriticalPath } from '../trace/critical-path.ts';
import { qualified } from '../trace/normalise.ts';
import { LONGEST_TIMELINE, makeInsight } from './answer.ts';
import { type Branch, type Fork, forksOf } from './forks.ts';
import { type OnPath, onPath } from './on-path.ts';
import { workerPlaces } from './places.ts';

/** A wait counts from so long on, or from this share of what the other branches take (as design §5's straggler). */
const MIN_WAIT_NS = 100e6;
const MIN_WAIT_SHARE = 0.5;
/** Branches end together within this share of the time since the fork. Own choice. */
const TOGETHER_SHARE = 0.1;

/** A fork as its join sees it; times in ns. */
interface Join {
  readonly fork: Fork;
  readonly last: Branch;
  readonly next: Branch;
  /** From the end of the next to the end of the last. */
  readonly wait: number;
  /** The least wait that counts. */
  readonly least: number;
  /** Of the last branch's time on the path waits for people. */
  readonly idle: number;
  /** Path time of its branches. */
  readonly time: number;
  readonly isOnPath: (branch: Branch) => boolean;
}

/** Undefined where nothing waited for the fork. The path tells whom the join waited for: clocks may tell otherwise. */
function joinOf(fork: Fork, path: OnPath): Join | undefined {
  const { branches } = fork;
  const isOnPath = (branch: Branch) => branch.rows.some((row) => path.time[row] > 0);
  const sum = (of: Float64Array, branch: Branch) => branch.rows.reduce((total, row) => total + of[row], 0);
  const later = (a: Branch, b: Branch) => (b.end > a.end ? b : a);
  const awaited = branches.filter(isOnPath);
  if (awaited.length === 0) return undefined;
  const [first] = branches;
  const last = awaited.reduce(later);
  const others = branches.filter((branch) => branch !== last);
  const next = others.reduce(later);
  const times = sortedCopy(others.map((branch) => branch.end - first.start));
  return {
    fork,
    last,
    next,
    wait: Math.max(0, last.end - next.end),
    least: Math.max(MIN_WAIT_NS, MIN_WAIT_SHARE * quantile(times, 0.5)),
    idle: sum(path.idle, last),
    time: awaited.reduce((total, branch) => total + sum(path.time, branch), 0),
    isOnPath,
  };
}

/** Waiting for a person is never blamed on a branch. */
const waited = (join: Join) => join.wait - join.idle >= join.least;

/** The fork whose join waited longest for one branch; where none did, the one that owns most of the path. */
function mainJoin(joins: readonly Join[]): Join | undefined {
  const blame = (join: Join) => (waited(join) ? join.wait - join.idle : 0);
  let best: Join | undefined;
  for (const join of joins) {
    if (best === undefined || blame(join) - blame(best) > 0) best = join;
    else if (blame(join) === blame(best) && join.time > best.time) best = join;
  }
  return best;
}

const slackOf = (join: Join, branch: Branch) => Math.max(0, join.last.end - branch.end);

/** Who finished early and merely waited for the last. */
function waiters(join: Join): Branch[] {
  return join.fork.branches.filter((each) => !join.isOnPath(each) && slackOf(join, each) >= join.least);
}

function evidenceOf(path: CriticalPath, join: Join): Measure[] {
  const early = waiters(join);
  const [first] = join.fork.branches;
  const length = path.n === 0 ? 0 : path.end[path.n - 1] - path.start[0];
  return [
    ms('path_length', length),
    count('path_spans', new Set(path.row).size),
    count('branches', join.fork.branches.length),
    count('waited_branches', early.length),
    ms('slowest_branch', join.last.end - first.start),
    ms('next_branch', join.next.end - first.start),
    ms(
      'slack_total',
      early.reduce((sum, branch) => sum + slackOf(join, branch), 0),
    ),
  ];
}

/** `worker analyst #3`: a worker's place among all workers of its parent, else the branch's in its fork. */
function nameOf(view: TraceView, { branches }: Fork, branch: Branch): string {
  const { row } = branch;
  const callee = view.strings[view.callee[row]];
  const name = isAgent(view.role[row]) ? qualified(callee, view.strings[view.agent[row]]) : callee;
  return `${name} #${workerPlaces(view)[row] || branches.indexOf(branch) + 1}`;
}

function answerOf(view: TraceView, join: Join, evidence: readonly Measure[]): string {
  const e = reader(evidence);
  const { operation, agent } = agentOperation(view, join.fork.owner);
  const owner = `${operation} (agent ${agent})`;
  const branches = number(e('branches'));
  const last = nameOf(view, join.fork, join.last);
  const ends = `ended ${elapsed(e('slowest_branch'))} after the fork, the next ${elapsed(e('next_branch'))} after it`;
  const early = `${number(e('waited_branches'))} ${e('waited_branches') === 1 ? 'branch' : 'branches'}`;
  const path = `The critical path takes ${elapsed(e('path_length'))} over ${plural(e('path_spans'), 'span')}.`;
  if (waited(join))
    return (
      `${owner} forked ${branches} branches and its join waited for one, ${last}: it ${ends}, while ${early} had ` +
      `finished early and merely waited (${elapsed(e('slack_total'))} of slack in all). ${path}`
    );
  if (join.wait >= join.least)
    return `No branch is to blame: of the ${branches} branches of ${owner} ${last} ${ends}, but it waited for a person. ${path}`;
  if (join.wait > Math.max(2 * CLOCK_NS, TOGETHER_SHARE * e('slowest_branch') * 1e6))
    return `No branch made the join wait long: the last of the ${branches} branches of ${owner} ${ends}. ${path}`;
  const apart = join.wait / (e('slowest_branch') * 1e6);
  const together =
    join.wait <= CLOCK_NS
      ? 'together'
      : `${elapsed(join.wait / 1e6)} apart (${apart < 0.01 ? '<1 %' : percent(apart)} of the time)`;
  const others = e('waited_branches') > 0 ? `; ${early} had finished early` : '';
  const both = join.fork.branches.length === 2 ? 'both branches' : `the last two of the ${branches} branches`;
  return (
    `No branch made the join wait long: ${both} of ${owner} ended ${together}, ` +
    `${elapsed(e('next_branch'))} and ${elapsed(e('slowest_branch'))} after the fork${others}. ${path}`
  );
}

/** The last, the one before it, and those that waited longest. */
function timelineOf(view: TraceView, join: Join): TimelineEntry[] {
  const { last, next, fork, isOnPath } = join;
  const others = fork.branches.filter((each) => each !== last && each !== next).sort((a, b) => a.end - b.end);
  return [last, next, ...others].slice(0, LONGEST_TIMELINE).map((branch) => {
    const outcome = isOnPath(branch) ? 'on the path' : `waited ${elapsed(slackOf(join, branch) / 1e6)}`;
    return entry(nameOf(view, fork, branch), branch.start, branch.end, outcome);
  });
}

function look({ view, critical }: TraceContext): ReturnType<InsightRule['look']> {
  const forks = forksOf(view);
  if (forks.length === 0) return undefined;
  const path = onPath(view, critical);
  const join = mainJoin(forks.map((fork) => joinOf(fork, path)).filter((join) => join !== undefined));
  if (join === undefined) return undefined;
  const evidence = evidenceOf(critical, join);
  return makeInsight(view, join.fork.owner, {
    kind: 'critical_path',
    found: waited(join),
    answer: answerOf(view, join, evidence),
    evidence,
    timeline: timelineOf(view, join),
  });
}

export const criticalPathBranch: InsightRule = { kind: 'critical_path', look };
