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

const cut = (text: string, longest: number) =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;

/** One line whatever the names in it are. */
function oneLine(text: string, longest: number): string {
  return cut(UNTIDY.test(text) ? text.replace(/\s+/g, ' ').trim() : text, longest);
}

/** What is known of the names seen last: the same few are in every text. A long one is not worth its memory. */
const MOST_NAMES = 1000;
const known = new Map<string, boolean>();

/** True where a name leaves a text on one line and its spaces single; an empty one may leave two beside each other. */
function isTidy(name: string): boolean {
  let tidy = known.get(name);
  if (tidy === undefined) {
    if (known.size >= MOST_NAMES) known.clear();
    tidy = name !== '' && !UNTIDY.test(name);
    if (name.length <= LONGEST_LABEL) known.set(name, tidy);
  }
  return tidy;
}

function areTidy(names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) if (!isTidy(names[i])) return false;
  return true;
}

const byTime = (a: TimelineEntry, b: TimelineEntry) => a.startMs - b.startMs || a.durationMs - b.durationMs;

/** Brings the texts onto one line each and cuts what is too long. `tidy`: they are on one line already. */
function tidyTexts(timeline: TimelineEntry[], tidy: boolean): void {
  for (let i = 0; i < timeline.length; i++) {
    const { label, outcome } = timeline[i];
    if (tidy && label.length <= LONGEST_LABEL && outcome.length <= LONGEST_LABEL) continue;
    timeline[i].label = oneLine(label, LONGEST_LABEL);
    if (outcome !== 'ok') timeline[i].outcome = oneLine(outcome, LONGEST_LABEL);
  }
}

/**
 * An answer about the agent operation of `row`, its texts on one line each, its timeline (which is sorted in place) in
 * order of time, of equal times as given. Where a rule has more than LONGEST_TIMELINE entries it chooses which ones to
 * give; of more the earliest stay. `names`: all that its texts have from outside, one or more each between other words;
 * without them each text is looked at.
 */
export function makeInsight(
  view: TraceView,
  row: number,
  insight: Omit<Insight, 'agent' | 'operation'>,
  names?: readonly string[],
): Insight {
  const { kind, found, evidence, timeline } = insight;
  sortFew(timeline, byTime);
  if (timeline.length > LONGEST_TIMELINE) timeline.length = LONGEST_TIMELINE;
  const tidy = names !== undefined && areTidy(names);
  tidyTexts(timeline, tidy);
  const { agent, operation } = agentOperation(view, row);
  const answer = tidy ? cut(insight.answer, LONGEST_ANSWER) : oneLine(insight.answer, LONGEST_ANSWER);
  return { kind, found, answer, evidence, timeline, agent, operation };
}

/** The longest entries that a timeline has room for; of equal ones the earlier. */
export function longest(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const byLength = (a: TimelineEntry, b: TimelineEntry) =>
    b.durationMs - a.durationMs || a.startMs - b.startMs;
  return sortFew([...entries], byLength).slice(0, LONGEST_TIMELINE);
}
