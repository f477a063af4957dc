/** Which member of a batch of sibling calls delays the batch: one slow call, the queue, or none. */
import { elapsed, elapsedAfter, number, plural } from '#infra/format.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { attemptsOf, type Batch, fanoutBatches } from '../detectors/fanout/batches.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, ratio, reader } from '../detectors/measures.ts';
import { sortFew } from '../trace/arrays.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import { makeInsight } from './answer.ts';
import type { InsightRule } from './insight.ts';
import { type OnPath, onPath } from './on-path.ts';
import { savedBy } from './saving.ts';
import { type Members, membersOf, type Spread, spreadOf } from './siblings.ts';
import { withNumber } from './texts.ts';

/** Design §5: of fewer siblings one cannot say what is usual. */
const MIN_SIBLINGS = 5;
/** Design §5: above so many times the median, standing out by a robust z of so much … */
const MIN_TIMES_MEDIAN = 1.5;
const MIN_ROBUST_Z = 3.5;
/** … and beyond the next-slowest by so much, or by this share of the median. */
const MIN_BEYOND_NS = 100e6;
const MIN_BEYOND_SHARE = 0.5;
/** The last finisher queued where it waited this share of a usual call's time. Own choice: half a round. */
const MIN_QUEUED_SHARE = 0.5;
/** The timeline tells of the slowest and of the last to finish, so many in all. */
const MOST_TOLD = 10;

/** Path time of a batch: in its calls, and in the workers that held them while they queued. */
function pathTime({ view }: TraceContext, path: OnPath, batch: Batch): number {
  const { by, rows, from, width } = batch;
  let sum = 0;
  if (by === 'worker') for (let i = from; i < from + width; i++) sum += path.time[view.parent[rows[i]]];
  else if (batch.retries === undefined) for (let i = from; i < from + width; i++) sum += path.time[rows[i]];
  else for (const attempt of attemptsOf(batch)) sum += path.time[attempt];
  return sum;
}

/**
 * Calls one after the other are no batch, unless workers show that they were offered together: half of them must start
 * while one before them runs.
 */
function isBatch({ view }: TraceContext, { by, rows, from, width, end }: Batch): boolean {
  if (by === 'worker') return true;
  let beside = 0;
  let done = Number.NEGATIVE_INFINITY;
  for (let i = from; i < from + width; i++) {
    if (view.start[rows[i]] < done - CLOCK_NS) beside++;
    done = Math.max(done, end[rows[i]]);
  }
  return beside >= (width - 1) / 2;
}

/** Of the batches the one that owns most of the critical path; of equal ones the widest, then the first. */
function mainBatch(trace: TraceContext, path: OnPath, batches: readonly Batch[]): Batch | undefined {
  let best: Batch | undefined;
  let most = 0;
  for (let i = 0; i < batches.length; i++) {
    const batch = batches[i];
    const time = pathTime(trace, path, batch);
    const more = best === undefined ? 1 : time - most || batch.width - best.width;
    if (more <= 0 || !isBatch(trace, batch)) continue;
    best = batch;
    most = time;
  }
  return best;
}

function standsOut({ longest, median, robustZ, beyondNext }: Spread): boolean {
  return (
    longest > MIN_TIMES_MEDIAN * median &&
    robustZ > MIN_ROBUST_Z &&
    beyondNext >= Math.max(MIN_BEYOND_NS, MIN_BEYOND_SHARE * median)
  );
}

const isOnPath = (path: OnPath, { longest }: Members, member: number) => path.time[longest[member]] > 0;

function anyOnPath(path: OnPath, members: Members): boolean {
  for (let i = 0; i < members.n; i++) if (isOnPath(path, members, i)) return true;
  return false;
}

/** The last to end; of equals one that is on the path. */
function lastOf(path: OnPath, members: Members): number {
  const { n, end } = members;
  let last = 0;
  for (let i = 1; i < n; i++) {
    const prior = !isOnPath(path, members, last) && isOnPath(path, members, i);
    if (end[i] > end[last] || (end[i] === end[last] && prior)) last = i;
  }
  return last;
}

/** A batch as the answer needs it; members by their index. */
interface Compared {
  readonly callee: string;
  readonly path: OnPath;
  readonly members: Members;
  readonly spread: Spread;
  readonly last: number;
  /** Something waited for one of them. */
  readonly waitedFor: boolean;
  readonly found: boolean;
  readonly evidence: Measure[];
}

function compare({ view }: TraceContext, path: OnPath, batch: Batch): Compared {
  const members = membersOf(view, batch);
  const spread = spreadOf(members);
  const { slowest, longest, median } = spread;
  const last = lastOf(path, members);
  const sooner = isOnPath(path, members, slowest);
  const impact = sooner ? savedBy(view, members.longest[slowest], longest - median) : 0;
  const evidence = [
    count('siblings', members.n),
    ms('median', median),
    ms('slowest', longest),
    ratio('robust_z', spread.robustZ),
    ms('beyond_next', spread.beyondNext),
    ms('impact', impact),
    ms('last_wait', members.wait[last]),
    ms('last_service', members.service[last]),
  ];
  const callee = view.strings[batch.callee];
  const waitedFor = anyOnPath(path, members);
  // What the siblings differ by among themselves delays nothing.
  const found = standsOut(spread) && impact > spread.noise;
  return { callee, path, members, spread, last, waitedFor, found, evidence };
}

const inAttempts = (attempts: number) => (attempts > 1 ? ` in ${plural(attempts, 'attempt')}` : '');

/** How the last to finish queued; undefined where it did not, or its attempts were slow themselves. */
function queueing({ members, last, spread: { median }, evidence }: Compared): string | undefined {
  const attempts = members.attempts[last];
  const isUsual = members.service[last] <= MIN_TIMES_MEDIAN * median * attempts;
  if (members.wait[last] <= MIN_QUEUED_SHARE * median || !isUsual) return undefined;
  const e = reader(evidence);
  const where = attempts > 1 ? 'in the queue and between attempts' : 'in the queue';
  return (
    `the last to finish (#${members.number[last]}) waited ${elapsed(e('last_wait'))} ${where} for ` +
    `${elapsed(e('last_service'))} of service${inAttempts(attempts)}`
  );
}

/** How long the slowest took, and against what. */
function againstMedian({ spread, members, evidence }: Compared): string {
  const e = reader(evidence);
  const attempts = members.attempts[spread.slowest];
  const one = attempts > 1 ? ` in one of its ${number(attempts)} attempts` : '';
  return `${elapsed(e('slowest'))}${one} against a median of ${elapsed(e('median'))}`;
}

function slowestOf(compared: Compared): string {
  const { callee, spread, members } = compared;
  let ofAll = ` of ${number(members.n)}`;
  // Workers of other calls, or of batches before, have numbers too.
  for (let i = 0; i < members.n; i++)
    if (members.number[i] > members.n) ofAll = `, one of ${number(members.n)},`;
  return `${withNumber(callee, members.number[spread.slowest])}${ofAll} took ${againstMedian(compared)}`;
}

function answerOf(compared: Compared): string {
  const { callee, spread, last, evidence, path, members } = compared;
  const e = reader(evidence);
  const siblings = number(e('siblings'));
  const saved = `with the median instead the trace would have ended`;
  if (compared.found)
    return `${slowestOf(compared)} and delayed the batch: ${saved} ${elapsed(e('impact'))} sooner.`;
  if (!compared.waitedFor)
    return `No straggler: the ${siblings} calls of ${callee} are not on the critical path, nothing waited for them.`;
  const queued = queueing(compared);
  if (standsOut(spread)) {
    const why = isOnPath(path, members, spread.slowest)
      ? `${saved} only ${elapsed(e('impact'))} sooner`
      : 'the batch did not wait for it';
    return `No straggler: ${slowestOf(compared)}, but ${why}${queued === undefined ? '' : `; ${queued}`}.`;
  }
  if (queued !== undefined)
    return `No straggler among ${siblings} calls of ${callee}: ${queued}, which is queueing${members.attempts[last] > 1 ? ' and retrying' : ''}, not slowness.`;
  if (spread.longest > MIN_TIMES_MEDIAN * spread.median)
    return e('robust_z') > MIN_ROBUST_Z
      ? `No single straggler: ${slowestOf(compared)}, only ${elapsed(e('beyond_next'))} more than the next-slowest.`
      : `No straggler: ${slowestOf(compared)}, no further from it than the others scatter (robust z ${e('robust_z').toFixed(1)}).`;
  return `No straggler: the ${siblings} calls of ${callee} are even, the slowest took ${againstMedian(compared)}.`;
}

/** The slowest, the last to finish, and those that finished last before it. */
function toldMembers({ members, spread: { slowest }, last }: Compared): number[] {
  const { n, end, number } = members;
  const others: number[] = [];
  for (let i = 0; i < n; i++) if (i !== slowest && i !== last) others.push(i);
  sortFew(others, (a, b) => end[b] - end[a] || number[a] - number[b]);
  const told = slowest === last ? [slowest] : [slowest, last];
  for (let i = 0; i < others.length && told.length < MOST_TOLD; i++) told.push(others[i]);
  return told;
}

const waitedFor = elapsedAfter(': waited ');
const servedIn = elapsedAfter(', served in ');

/** Nothing of a batch that nothing waited for: none of it tells where the time went. */
function timelineOf(compared: Compared): TimelineEntry[] {
  const { callee, members, spread, found } = compared;
  const timeline: TimelineEntry[] = [];
  if (!compared.waitedFor) return timeline;
  const told = toldMembers(compared);
  for (let i = 0; i < told.length; i++) {
    const member = told[i];
    const waited = waitedFor(members.wait[member] / 1e6);
    const served = servedIn(members.service[member] / 1e6);
    const label = `${withNumber(callee, members.number[member])}${waited}${served}${inAttempts(members.attempts[member])}`;
    const outcome =
      found && member === spread.slowest
        ? 'delayed the batch'
        : members.failed[member] === 1
          ? 'failed'
          : 'ok';
    timeline.push(entry(label, members.offer[member], members.end[member], outcome));
  }
  return timeline;
}

export const straggler: InsightRule = {
  kind: 'straggler',
  look(trace) {
    const batches = fanoutBatches(trace.view, MIN_SIBLINGS);
    if (batches.length === 0) return undefined;
    const path = onPath(trace.view, trace.critical);
    const batch = mainBatch(trace, path, batches);
    if (batch === undefined) return undefined;
    const compared = compare(trace, path, batch);
    const { callee, found, evidence } = compared;
    const [answer, timeline] = [answerOf(compared), timelineOf(compared)];
    const insight = { kind: 'straggler' as const, found, answer, evidence, timeline };
    return makeInsight(trace.view, batch.owner, insight, [callee]);
  },
};
