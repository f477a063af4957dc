/** The question of a person in the workflow: how long was a person waited for, and how long was worked? */

import { elapsed, percent, plural } from '#infra/format.ts';
import type { TimelineEntry } from '#schemas/events.ts';
import { duration } from '../detectors/calls.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, ratio, reader } from '../detectors/measures.ts';
import { sortedCopy } from '../detectors/stats.ts';
import { uint8s } from '../trace/arrays.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import { humanWaits, pathRoot } from '../trace/critical-path.ts';
import { ROLE } from '../trace/roles.ts';
import { hasRole } from '../trace/roles-in.ts';
import { Sweep } from '../trace/sweep.ts';
import type { TraceView } from '../trace/view.ts';
import { longest, makeInsight } from './answer.ts';
import type { InsightRule } from './insight.ts';

/** From this share on the workflow was idle rather than at work. */
const MOSTLY = 0.5;

/** Spans of people that lie in no other such span. */
function peopleOf(view: TraceView, waits: Uint8Array): number[] {
  const rows: number[] = [];
  for (let row = 0; row < view.n; row++) {
    const parent = view.parent[row];
    if (view.role[row] === ROLE.human && (parent < 0 || waits[parent] === 0)) rows.push(row);
  }
  return rows;
}

/** Rows in which something runs: every span but people's and those around them, which only contain the wait. */
function workOf(view: TraceView, waits: Uint8Array): number[] {
  const around = uint8s(view.n);
  for (let i = view.n - 1; i >= 0; i--) {
    const row = view.topDown[i];
    const parent = view.parent[row];
    if (parent >= 0 && (waits[row] === 1 || around[row] === 1)) around[parent] = 1;
  }
  const rows: number[] = [];
  for (let row = 0; row < view.n; row++) if (waits[row] === 0 && around[row] === 0) rows.push(row);
  return rows;
}

/**
 * How much of [from, to) was waiting, ns: a person's span runs and no work does. It is the time in which either runs less
 * the time in which work does.
 */
function waitingWithin(view: TraceView, waits: Uint8Array, people: readonly number[]) {
  const answers = sortedCopy(people.map((row) => view.end[row]));
  const work = workOf(view, waits).map((row) => ({ start: begin(view, row, answers), end: view.end[row] }));
  const asked = people.map((row) => ({ start: view.start[row], end: view.end[row] }));
  const sweep = (spans: readonly { start: number; end: number }[]) =>
    new Sweep(
      spans.map(({ start }) => start),
      spans.map(({ end }) => end),
    );
  const [busy, either] = [sweep(work), sweep([...work, ...asked])];
  return (from: number, to: number) => Math.max(0, either.busyWithin(from, to) - busy.busyWithin(from, to));
}

/** A span's start is rounded down: what seems to begin just before an answer (rising moments) came after it. */
function begin(view: TraceView, row: number, answers: Float64Array): number {
  const start = view.start[row];
  let low = 0;
  let high = answers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (answers[middle] < start) low = middle + 1;
    else high = middle;
  }
  const answer = answers[low];
  return low < answers.length && answer - start < CLOCK_NS && answer <= view.end[row] ? answer : start;
}

function answerOf(e: (name: string) => number, asked: number, longestWait: number): string {
  const waits = e('waits');
  if (e('waiting') === 0)
    return asked === 0
      ? 'A person was asked and answered at once: nothing was waited for.'
      : `A person took ${elapsed(asked)}, but nobody waited: the workflow went on with other work.`;
  const times = waits === 1 ? '' : `, in ${plural(waits, 'wait')} of up to ${elapsed(longestWait)}`;
  const verdict = e('waiting_share') >= MOSTLY ? 'idle, not slow' : 'most of its time is work';
  const beside = asked - e('waiting');
  const rest =
    beside * 1e6 > CLOCK_NS ? ` During ${elapsed(beside)} more that people took, other work ran.` : '';
  return (
    `Waited ${elapsed(e('waiting'))} for a person (${percent(e('waiting_share'))})${times}, worked ` +
    `${elapsed(e('processing'))}: ${verdict}.${rest}`
  );
}

/**
 * Waiting is time of the trace's wall clock in which a person's span runs and no other does, but for those around it: two
 * people at once are one wait's time, and where something else ran beside a person, that counts as work. It is what the
 * critical path calls idle (design §5) without what ran beside it, and with the part of a person's span that the path
 * leaves to their caller, since the span overlaps the next one. Processing is the rest of the trace's duration.
 */
export const human: InsightRule = {
  kind: 'human',
  look({ view }) {
    if (!hasRole(view, ROLE.human)) return undefined;
    const waits = humanWaits(view);
    const people = peopleOf(view, waits);
    const waited = waitingWithin(view, waits, people);
    const top = pathRoot(view);
    const whole = duration(view, top);
    const waiting = waited(view.start[top], view.end[top]);
    const longestRow = people.reduce((a, b) => (duration(view, b) > duration(view, a) ? b : a));
    const asked = new Sweep(
      people.map((row) => view.start[row]),
      people.map((row) => view.end[row]),
    );
    const evidence = [
      ms('waiting', waiting),
      ms('processing', whole - waiting),
      count('waits', people.filter((row) => view.end[row] > view.start[row]).length),
      ratio('waiting_share', whole === 0 ? 0 : waiting / whole),
    ];
    const timeline = people.map((row): TimelineEntry => {
      const part = waited(view.start[row], view.end[row]);
      const outcome =
        part === 0 ? 'nobody waited' : part < duration(view, row) - CLOCK_NS ? 'waited in part' : 'waited';
      return entry(view.strings[view.operation[row]], view.start[row], view.end[row], outcome);
    });
    const longestWait = duration(view, longestRow) / 1e6;
    return makeInsight(view, longestRow, {
      kind: 'human',
      found: waiting > 0,
      answer: answerOf(reader(evidence), asked.busy / 1e6, longestWait),
      evidence,
      timeline: longest(timeline),
    });
  },
};
