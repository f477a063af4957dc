/** The exact retry sequences: every attempt in order with the back-off before it, and the failure that began it. */
import { elapsed, number, plural } from '#infra/format.ts';
import type { InsightRule } from '#processors/insights/insight.ts';
import type { TraceView } from '#processors/trace/view.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import { failedCalls, firstFailure, outcomeOf } from '../detectors/calls.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, ratio, reader } from '../detectors/measures.ts';
import { LONGEST_TIMELINE, makeInsight } from './answer.ts';
import { type CallSequence, failedCallees, retriedCallees } from './call-sequences.ts';

/** ns between the end of the attempt before and the start of this one: back-off, and the queue for a slot. */
function backoff(view: TraceView, { attempts }: CallSequence, index: number): number {
  return Math.max(0, view.start[attempts[index]] - view.end[attempts[index - 1]]);
}

function backoffTotal(view: TraceView, sequence: CallSequence): number {
  return sequence.attempts.reduce((sum, _, i) => sum + (i === 0 ? 0 : backoff(view, sequence, i)), 0);
}

function evidenceOf(view: TraceView, sequences: readonly CallSequence[]): Measure[] {
  const failed = failedCalls(view);
  const sum = (of: (sequence: CallSequence) => number) =>
    sequences.reduce((total, each) => total + of(each), 0);
  const attempts = sum((each) => each.attempts.length);
  return [
    count('logical_operations', sequences.length),
    count('attempts', attempts),
    count(
      'retried_operations',
      sum((each) => (each.attempts.length > 1 ? 1 : 0)),
    ),
    count(
      'failed_attempts',
      sum((each) => each.attempts.filter((row) => failed[row] === 1).length),
    ),
    ratio('amplification', attempts / sequences.length),
    ms(
      'backoff_total',
      sum((each) => backoffTotal(view, each)),
    ),
    count(
      'gave_up',
      sum((each) => (each.attempts.length > 1 ? failed[each.attempts[each.attempts.length - 1]] : 0)),
    ),
  ];
}

interface Failure {
  readonly sequence: CallSequence;
  /** Position among its attempts. */
  readonly index: number;
  readonly row: number;
}

/** The attempt that failed before all others did, and its place. */
function placedFailure(view: TraceView, sequences: readonly CallSequence[]): Failure | undefined {
  const row = firstFailure(
    view,
    sequences.flatMap((each) => each.attempts),
  );
  if (row === undefined) return undefined;
  const sequence = sequences.find((each) => each.attempts.includes(row));
  return sequence && { sequence, index: sequence.attempts.indexOf(row), row };
}

/** The callees, the one with most retries first. */
function calleesOf(view: TraceView, sequences: readonly CallSequence[]): string {
  const retries = new Map<string, number>();
  for (const { callee, attempts } of sequences) {
    const name = view.strings[callee];
    retries.set(name, (retries.get(name) ?? 0) + attempts.length - 1);
  }
  const names = [...retries].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and others' : ''}`;
}

function answerOf(
  view: TraceView,
  sequences: readonly CallSequence[],
  first: Failure,
  evidence: readonly Measure[],
): string {
  const e = reader(evidence);
  const calls = `${plural(e('logical_operations'), 'call')} of ${calleesOf(view, sequences)}`;
  const outcome = outcomeOf(view, first.row).replace(/^failed: /, '');
  const at = elapsed(view.end[first.row] / 1e6);
  const name = `${view.strings[first.sequence.callee]} #${first.sequence.number}`;
  if (e('retried_operations') === 0)
    return (
      `No retries: ${number(e('failed_attempts'))} of ${calls} failed, none was tried again. ` +
      `The first failure was ${name}, ${at} into the trace (${outcome}).`
    );
  return (
    `${number(e('retried_operations'))} of ${calls} had to be tried again: ${number(e('attempts'))} attempts in all ` +
    `(${e('amplification').toFixed(2)} for each call), of which ${number(e('failed_attempts'))} failed, with ` +
    `${elapsed(e('backoff_total'))} of waiting between them; ${number(e('gave_up'))} of them failed in the end. ` +
    `The first failure was ${name} attempt ${first.index + 1}, ${at} into the trace (${outcome}).`
  );
}

/** Whole sequences, the first to start first, as many as fit. */
function timelineOf(view: TraceView, sequences: readonly CallSequence[]): TimelineEntry[] {
  const timeline: TimelineEntry[] = [];
  for (const sequence of [...sequences].sort((a, b) => a.attempts[0] - b.attempts[0])) {
    const { callee, attempts } = sequence;
    if (timeline.length > 0 && timeline.length + attempts.length > LONGEST_TIMELINE) break;
    for (const [index, row] of attempts.slice(0, LONGEST_TIMELINE).entries()) {
      const after = index === 0 ? '' : `, after ${elapsed(backoff(view, sequence, index) / 1e6)}`;
      const label = `${view.strings[callee]} #${sequence.number} attempt ${index + 1}${after}`;
      timeline.push(entry(label, view.start[row], view.end[row], outcomeOf(view, row)));
    }
  }
  return timeline;
}

export const retries: InsightRule = {
  kind: 'retries',
  look({ view }) {
    const retried = retriedCallees(view);
    const found = retried.length > 0;
    const sequences = found ? retried : failedCallees(view);
    const first = placedFailure(view, sequences);
    if (first === undefined) return undefined;
    const evidence = evidenceOf(view, sequences);
    const failed = failedCalls(view);
    const told = sequences.filter(
      ({ attempts }) => attempts.length > 1 || (!found && failed[attempts[0]] === 1),
    );
    return makeInsight(view, view.parent[first.row] >= 0 ? view.parent[first.row] : first.row, {
      kind: 'retries',
      found,
      answer: answerOf(view, sequences, first, evidence),
      evidence,
      timeline: timelineOf(view, told),
    });
  },
};
