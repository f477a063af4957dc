import type { TraceView } from '#processors/trace/view.ts';
import type { Insight, TimelineEntry } from '#schemas/events.ts';
import { agentOperation } from '../detectors/calls.ts';

/** Entries of an insight's timeline: what does not fit is left to the trace itself. */
export const LONGEST_TIMELINE = 50;

/** Characters: the names in texts come from outside, and a summary with all its insights must fit one Kafka record. */
const LONGEST_ANSWER = 1000;
/** Of a label or an outcome, of which there are many. */
const LONGEST_LABEL = 200;

/** One line whatever the names in it are. */
function oneLine(text: string, longest: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

const byTime = (a: TimelineEntry, b: TimelineEntry) => a.startMs - b.startMs || a.durationMs - b.durationMs;

/**
 * An answer about the agent operation of `row`, its texts on one line each, its timeline in order of time, of equal times
 * as given. Where a rule has more than LONGEST_TIMELINE entries it chooses which ones to give; of more the earliest stay.
 */
export function makeInsight(
  view: TraceView,
  row: number,
  insight: Omit<Insight, 'agent' | 'operation'>,
): Insight {
  const timeline = insight.timeline
    .map((each) => ({
      ...each,
      label: oneLine(each.label, LONGEST_LABEL),
      outcome: oneLine(each.outcome, LONGEST_LABEL),
    }))
    .sort(byTime)
    .slice(0, LONGEST_TIMELINE);
  return {
    ...insight,
    ...agentOperation(view, row),
    answer: oneLine(insight.answer, LONGEST_ANSWER),
    timeline,
  };
}

/** The longest entries that a timeline has room for; of equal ones the earlier. */
export function longest(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return [...entries]
    .sort((a, b) => b.durationMs - a.durationMs || a.startMs - b.startMs)
    .slice(0, LONGEST_TIMELINE);
}
