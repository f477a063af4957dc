/** Which member of a batch of sibling calls delays the batch: one slow call, the queue, or none. */
import { elapsed, number, plural } from '#infra/format.ts';
import type { InsightRule } from '#processors/insights/insight.ts';
import { savedBy } from '#processors/insights/saving.ts';
import { CLOCK_NS } from '#processors/trace/clock.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import type { TraceContext } from '../detectors/detector.ts';
import { type Batch, fanoutBatches } from '../detectors/fanout/batches.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, ratio, reader } from '../detectors/measures.ts';
import { makeInsight } from './answer.ts';
import { type OnPath, onPath } from './on-path.ts';
import { type Member, membersOf, type Spread, spreadOf } from './siblings.ts';

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
  const rows = batch.by === 'worker' ? batch.calls.map((call) => view.parent[call.row]) : batch.attempts;
  return rows.reduce((sum, row) => sum + path.time[row], 0);
}

/**
 * Calls one after the other are no batch, unless workers show that they were offered together: half of them must start
 * while one before them runs.
 */
function isBatch({ view }: TraceContext, { by, calls }: Batch): boolean {
  if (by === 'worker') return true;
  let beside = 0;
  let done = Number.NEGATIVE_INFINITY;
  for (const call of calls) {
    if (view.start[call.row] < done - CLOCK_NS) beside++;
    done = Math.max(done, call.end);
  }
  return beside >= (calls.length - 1) / 2;
}

/** Of the batches the one that owns most of the critical path. */
function mainBatch(trace: TraceContext, path: OnPath, batches: readonly Batch[]): Batch | undefined {
  return batches
    .map((batch) => ({ batch, time: pathTime(trace, path, batch) }))
    .sort((a, b) => b.time - a.time || b.batch.calls.length - a.batch.calls.length)
    .find(({ batch }) => isBatch(trace, batch))?.batch;
}

function standsOut({ slowest, median, robustZ, beyondNext }: Spread): boolean {
  return (
    slowest.time > MIN_TIMES_MEDIAN * median &&
    robustZ > MIN_ROBUST_Z &&
    beyondNext >= Math.max(MIN_BEYOND_NS, MIN_BEYOND_SHARE * median)
  );
}

/** The last to end; of equals one that is on the path. */
function lastOf(members: readonly Member[], isOnPath: (member: Member) => boolean): Member {
  return members.reduce((a, b) =>
    b.end > a.end || (b.end === a.end && !isOnPath(a) && isOnPath(b)) ? b : a,
  );
}

/** A batch as the answer needs it. */
interface Compared {
  readonly callee: string;
  readonly members: readonly Member[];
  readonly spread: Spread;
  readonly last: Member;
  readonly isOnPath: (member: Member) => boolean;
  readonly found: boolean;
  readonly evidence: Measure[];
}

function compare({ view }: TraceContext, path: OnPath, batch: Batch): Compared {
  const isOnPath = (member: Member) => path.time[member.longest] > 0;
  const members = membersOf(view, batch);
  const spread = spreadOf(members);
  const { slowest, median } = spread;
  const last = lastOf(members, isOnPath);
  const impact = isOnPath(slowest) ? savedBy(view, slowest.longest, slowest.time - median) : 0;
  const evidence = [
    count('siblings', members.length),
    ms('median', median),
    ms('slowest', slowest.time),
    ratio('robust_z', spread.robustZ),
    ms('beyond_next', spread.beyondNext),
    ms('impact', impact),
    ms('last_wait', last.wait),
    ms('last_service', last.service),
  ];
  // What the siblings differ by among themselves delays nothing.
  const found = standsOut(spread) && impact > spread.noise;
  return { callee: view.strings[batch.callee], members, spread, last, isOnPath, found, evidence };
}

const inAttempts = (member: Member) =>
  member.attempts.length > 1 ? ` in ${plural(member.attempts.length, 'attempt')}` : '';

/** How the last to finish queued; undefined where it did not, or its attempts were slow themselves. */
function queueing({ last, spread: { median }, evidence }: Compared): string | undefined {
  const isUsual = last.service <= MIN_TIMES_MEDIAN * median * last.attempts.length;
  if (last.wait <= MIN_QUEUED_SHARE * median || !isUsual) return undefined;
  const e = reader(evidence);
  const where = last.attempts.length > 1 ? 'in the queue and between attempts' : 'in the queue';
  return (
    `the last to finish (#${last.number}) waited ${elapsed(e('last_wait'))} ${where} for ` +
    `${elapsed(e('last_service'))} of service${inAttempts(last)}`
  );
}

function answerOf(compared: Compared): string {
  const { callee, spread, last, evidence, isOnPath, members } = compared;
  const { slowest, median } = spread;
  const e = reader(evidence);
  const siblings = number(e('siblings'));
  const one = slowest.attempts.length > 1 ? ` in one of its ${number(slowest.attempts.length)} attempts` : '';
  const against = `${elapsed(e('slowest'))}${one} against a median of ${elapsed(e('median'))}`;
  // Workers of other calls, or of batches before, have numbers too.
  const ofAll = members.every((each) => each.number <= members.length)
    ? ` of ${siblings}`
    : `, one of ${siblings},`;
  const slow = `${callee} #${slowest.number}${ofAll} took ${against}`;
  const saved = `with the median instead the trace would have ended`;
  const queued = queueing(compared);
  if (compared.found) return `${slow} and delayed the batch: ${saved} ${elapsed(e('impact'))} sooner.`;
  if (!members.some(isOnPath))
    return `No straggler: the ${siblings} calls of ${callee} are not on the critical path, nothing waited for them.`;
  if (standsOut(spread)) {
    const why = isOnPath(slowest)
      ? `${saved} only ${elapsed(e('impact'))} sooner`
      : 'the batch did not wait for it';
    return `No straggler: ${slow}, but ${why}${queued === undefined ? '' : `; ${queued}`}.`;
  }
  if (queued !== undefined)
    return `No straggler among ${siblings} calls of ${callee}: ${queued}, which is queueing${last.attempts.length > 1 ? ' and retrying' : ''}, not slowness.`;
  if (slowest.time > MIN_TIMES_MEDIAN * median)
    return e('robust_z') > MIN_ROBUST_Z
      ? `No single straggler: ${slow}, only ${elapsed(e('beyond_next'))} more than the next-slowest.`
      : `No straggler: ${slow}, no further from it than the others scatter (robust z ${e('robust_z').toFixed(1)}).`;
  return `No straggler: the ${siblings} calls of ${callee} are even, the slowest took ${against}.`;
}

/** Nothing of a batch that nothing waited for: none of it tells where the time went. */
function timelineOf({ callee, members, spread, last, found, isOnPath }: Compared): TimelineEntry[] {
  if (!members.some(isOnPath)) return [];
  const told = new Set([spread.slowest, last]);
  for (const member of [...members].sort((a, b) => b.end - a.end || a.number - b.number)) {
    if (told.size >= MOST_TOLD) break;
    told.add(member);
  }
  return [...told].map((member) => {
    const served = `served in ${elapsed(member.service / 1e6)}${inAttempts(member)}`;
    const label = `${callee} #${member.number}: waited ${elapsed(member.wait / 1e6)}, ${served}`;
    const outcome =
      found && member === spread.slowest ? 'delayed the batch' : member.failed ? 'failed' : 'ok';
    return entry(label, member.offer, member.end, outcome);
  });
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
    return makeInsight(trace.view, batch.owner, {
      kind: 'straggler',
      found: compared.found,
      answer: answerOf(compared),
      evidence: compared.evidence,
      timeline: timelineOf(compared),
    });
  },
};
