import type { Insight, TimelineEntry } from '#schemas/events.ts';
import { agentOperation } from '../detectors/calls.ts';
import { sortFew } from '../trace/arrays.ts';
import type { TraceView } from '../trace/view.ts';

/** Entries of an insight's timeline: what does not fit is left to the trace itself. */
export const LONGEST_TIMELINE = 50;

/** Characters: the names in texts come from outside, and a summary with all its insights must fit one Kafka record. */
const LONGEST_ANSWER = 1000;
/** Of a label or an outcome, of which there are many. */
const LONGEST_LABEL = 200;

/** Spaces that are not single ones between words. */
const UNTIDY = /[^\S ]|\s\s|^\s|\s$/;

/** One line whatever the names in it are. */
function oneLine(text: string, longest: number): string {
  const line = UNTIDY.test(text) ? text.replace(/\s+/g, ' ').trim() : text;
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** The entry itself where its texts are tidy, as nearly all are. */
function tidy(entry: TimelineEntry): TimelineEntry {
  const label = oneLine(entry.label, LONGEST_LABEL);
  const outcome = entry.outcome === 'ok' ? 'ok' : oneLine(entry.outcome, LONGEST_LABEL);
  return label === entry.label && outcome === entry.outcome ? entry : { ...entry, label, outcome };
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
  const timeline = sortFew([...insight.timeline], byTime)
    .slice(0, LONGEST_TIMELINE)
    .map(tidy);
  const { agent, operation } = agentOperation(view, row);
  const { kind, found, evidence } = insight;
  const answer = oneLine(insight.answer, LONGEST_ANSWER);
  return { kind, found, answer, evidence, timeline, agent, operation };
}

/** The longest entries that a timeline has room for; of equal ones the earlier. */
export function longest(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const byLength = (a: TimelineEntry, b: TimelineEntry) =>
    b.durationMs - a.durationMs || a.startMs - b.startMs;
  return sortFew([...entries], byLength).slice(0, LONGEST_TIMELINE);
}
