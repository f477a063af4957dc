/** The question of a ReAct loop: does the count of its steps make the time, or a slow step? */
import { elapsed, number, plural } from '#infra/format.ts';
import type { InsightRule } from '#processors/insights/insight.ts';
import type { TraceView } from '#processors/trace/view.ts';
import type { TimelineEntry } from '#schemas/events.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, reader } from '../detectors/measures.ts';
import { quantile, sortedCopy } from '../detectors/stats.ts';
import { type CriticalPath, SEGMENT } from '../trace/critical-path.ts';
import { Sweep } from '../trace/sweep.ts';
import { longest, makeInsight } from './answer.ts';
import { type Loop, type LoopStep, loopsOf } from './steps-loops.ts';

/** Fewer steps are a call with its answer, not a loop. */
const LEAST_STEPS = 3;
/** From two on the question arises. */
const LEAST_ASKED = 2;
/** A slow step, by the numbers of design §5 for a straggler, against the median. */
const SLOW = { factor: 1.5, robustZ: 3.5, beyondMs: 100, beyondShare: 0.5 };

interface Timed extends LoopStep {
  /** From 1. */
  readonly number: number;
  /** Without waits for people, ns. */
  readonly time: number;
}

/** Waits for people are nobody's slowness. */
function timed(loop: Loop, people: Sweep): Timed[] {
  return loop.steps.map((step, i) => ({
    ...step,
    number: i + 1,
    time: step.end - step.start - people.busyWithin(step.start, step.end),
  }));
}

function peopleOn(path: CriticalPath): Sweep {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < path.n; i++) {
    if (path.type[i] !== SEGMENT.idle) continue;
    starts.push(path.start[i]);
    ends.push(path.end[i]);
  }
  return new Sweep(starts, ends);
}

const sum = (steps: readonly Timed[]) => steps.reduce((all, step) => all + step.time, 0);

/** The steps that stand out, in order of time. */
function slowSteps(steps: readonly Timed[], median: number): Timed[] {
  const deviations = sortedCopy(steps.map((step) => Math.abs(step.time - median)));
  const spread = Math.max(quantile(deviations, 0.5), 0.05 * median);
  const beyond = Math.max(SLOW.beyondMs * 1e6, SLOW.beyondShare * median);
  return steps.filter(
    (step) =>
      step.time > SLOW.factor * median &&
      0.6745 * (step.time - median) > SLOW.robustZ * spread &&
      step.time - median >= beyond,
  );
}

function timelineOf(view: TraceView, steps: readonly Timed[], slow: readonly Timed[]): TimelineEntry[] {
  const standOut = new Set(slow);
  return longest(
    steps.map((step) => {
      const name = view.strings[view.callee[step.acts[0]]];
      const label = `step ${step.number}: ${name}${step.acts.length > 1 ? ` (${step.acts.length} calls)` : ''}`;
      const outcome = step.failed ? 'failed' : standOut.has(step) ? 'slow' : 'ok';
      return entry(label, step.start, step.end, outcome);
    }),
  );
}

function answerOf(e: (name: string) => number, steps: readonly Timed[], slow: readonly Timed[]): string {
  const n = e('steps');
  const median = e('median_step');
  if (n < LEAST_STEPS) return `${plural(n, 'step')} in ${elapsed(e('step_time'))}: too few for a loop.`;
  if (slow.length === 0) {
    const even = e('slowest_step') <= SLOW.factor * median;
    const each = even
      ? `of ${elapsed(median)} each`
      : `of ${elapsed(median)} in the median (the slowest took ${elapsed(e('slowest_step'))})`;
    return `${plural(n, 'step')} ${each}: the count makes the time (${elapsed(e('step_time'))}); no step is slow.`;
  }
  const slowest = steps.reduce((a, b) => (b.time > a.time ? b : a));
  const times =
    median === 0
      ? ''
      : `, ${number(Math.round((e('slowest_step') / median) * 10) / 10)} times the median of ${elapsed(median)}`;
  const what = `Step ${slowest.number} of ${number(n)} took ${elapsed(e('slowest_step'))}${times}`;
  const which = slow.length === 1 ? 'one step' : plural(slow.length, 'step');
  if (e('by_slowness') >= e('by_count'))
    return `${what}: slowness of ${which}, not the count, makes the time.`;
  return (
    `${what}: slowness of ${which} adds ${elapsed(e('by_slowness'))} to the ${elapsed(e('by_count'))} that ` +
    `${plural(n, 'step')} take anyway.`
  );
}

/**
 * Of the loop that took the most time: by_count is what its steps would take at the median, by_slowness the rest. Both
 * add up to step_time; waits for people are in neither.
 */
export const steps: InsightRule = {
  kind: 'steps',
  look({ view, critical }) {
    const loops = loopsOf(view, LEAST_ASKED);
    if (loops.length === 0) return undefined;
    const people = peopleOn(critical);
    let best = loops[0];
    let taken = timed(best, people);
    for (const loop of loops.slice(1)) {
      const other = timed(loop, people);
      const better =
        Number(other.length >= LEAST_STEPS) - Number(taken.length >= LEAST_STEPS) || sum(other) - sum(taken);
      if (better > 0) [best, taken] = [loop, other];
    }
    const times = sortedCopy(taken.map((step) => step.time));
    const all = sum(taken);
    const median = quantile(times, 0.5);
    const byCount = Math.min(all, taken.length * median);
    const evidence = [
      count('steps', taken.length),
      ms('mean_step', all / taken.length),
      ms('median_step', median),
      ms('slowest_step', times[times.length - 1]),
      ms('step_time', all),
      ms('by_count', byCount),
      ms('by_slowness', all - byCount),
    ];
    const slow = slowSteps(taken, median);
    return makeInsight(view, best.row, {
      kind: 'steps',
      found: taken.length >= LEAST_STEPS,
      answer: answerOf(reader(evidence), taken, slow),
      evidence,
      timeline: timelineOf(view, taken, slow),
    });
  },
};
