/** A timeline as a picture: one row an entry, its bar scaled to the trace. */
import { timeBar } from './bars.ts';
import { duration } from './numbers.ts';
import { clean, columns, cut, left, right } from './text.ts';
import type { TimelineEntry, View } from './view.ts';

/** Rows of a timeline that is not asked for as a whole. */
export const MOST_ROWS = 12;
/** Share of the line that the bar takes, and of what is left beside the times that outcomes may take. */
const BAR = 0.26;
const OUTCOME = 0.4;

/** A row, or how many are left out there. */
export type TimelineRow = TimelineEntry | { readonly more: number };

/** The earliest ones, and always the longest, so that what the answer is about is seen; in order, gaps counted. */
export function pick(timeline: readonly TimelineEntry[], most: number): TimelineRow[] {
  if (timeline.length <= most) return [...timeline];
  const length = (entry: TimelineEntry) => entry.durationMs ?? 0;
  const longest = timeline.reduce((best, entry, i) => (length(entry) > length(timeline[best]) ? i : best), 0);
  const shown = new Set(timeline.keys().take(longest < most ? most : most - 1)).add(longest);
  const rows: TimelineRow[] = [];
  let before = -1;
  for (const at of [...shown, timeline.length]) {
    if (at - before > 1) rows.push({ more: at - before - 1 });
    if (at < timeline.length) rows.push(timeline[at]);
    before = at;
  }
  return rows;
}

/** Good, bad, or merely said. */
function outcomeColour(outcome: string, { green, red, dim }: View['colours']): (text: string) => string {
  if (/^(ok|answered|on the path)\b/.test(outcome)) return green;
  return /fail|error|gave up|timed? ?out/.test(outcome) ? red : dim;
}

const started = (ms: number | null) => (ms === null ? '?' : `${ms < 0 ? '' : '+'}${duration(ms)}`);

export function timelineLines(timeline: readonly TimelineEntry[], wholeMs: number, view: View): string[] {
  const { width, colours } = view;
  const rows = pick(timeline, view.all ? timeline.length : MOST_ROWS);
  const entries = rows.filter((row) => 'label' in row);
  if (entries.length === 0) return [];
  const widest = (texts: string[]) => Math.max(...texts.map(columns));
  const barWidth = Math.floor(width * BAR);
  const startWidth = widest(entries.map(({ startMs }) => started(startMs)));
  const timeWidth = widest(entries.map(({ durationMs }) => duration(durationMs)));
  const room = width - 2 - (barWidth + 2) - 1 - startWidth - 2 - timeWidth - 2 - 2;
  const labels = widest(entries.map(({ label }) => clean(label)));
  const outcomes = widest(entries.map(({ outcome }) => clean(outcome)));
  // Outcomes are short as a rule; where not, labels that are short leave them room.
  const outcomeWidth = Math.min(outcomes, Math.max(Math.floor(room * OUTCOME), room - labels));
  const labelWidth = Math.min(labels, room - outcomeWidth);
  return rows.map((row) => {
    if ('more' in row) return `  ${' '.repeat(barWidth + 3)}${colours.dim(`… ${row.more} more`)}`;
    const { label, startMs, durationMs, outcome } = row;
    const bar = timeBar(startMs, durationMs, wholeMs, barWidth);
    const times = `${right(started(startMs), startWidth)}  ${right(duration(durationMs), timeWidth)}`;
    const end = outcomeColour(outcome, colours)(cut(clean(outcome), outcomeWidth));
    return `  ${colours.cyan(bar)} ${times}  ${left(clean(label), labelWidth)}  ${end}`.trimEnd();
  });
}
