/** A timeline as a picture: one row an entry, its bar scaled to the trace. */
import { elapsed } from '#infra/format.ts';
import { timeBar } from './bars.ts';
import { pick, type TimelineRow } from './pick.ts';
import { clean, columns, cut, left, right } from './text.ts';
import type { TimelineEntry, View } from './view.ts';

/** Share of the line that the bar takes, and of what is left beside the times that outcomes may take. */
const BAR = 0.26;
const OUTCOME = 0.4;

/** Good, bad, merely waiting, or worth a look. */
function outcomeColour(
  outcome: string,
  { green, red, yellow, dim }: View['colours'],
): (text: string) => string {
  if (/^ok\b/.test(outcome)) return green;
  if (/fail|error|gave up|timed? ?out/.test(outcome)) return red;
  return /^waited\b/.test(outcome) ? dim : yellow;
}

/** What all labels start with, in whole words, as long as something is left of each. */
export function commonStart(labels: readonly string[]): string {
  if (labels.length < 2) return '';
  const words = labels.map((label) => label.split(' '));
  const shared = words[0].findIndex((word, i) =>
    words.some((each) => each[i] !== word || i === each.length - 1),
  );
  const start = words[0].slice(0, Math.max(0, shared)).join(' ');
  return start === '' ? '' : `${start} `;
}

const widest = (texts: readonly string[]) => Math.max(...texts.map(columns));
const cleaned = (row: TimelineRow): TimelineRow =>
  'label' in row ? { ...row, label: clean(row.label), outcome: clean(row.outcome) } : row;
const lasted = (ms: number | null) => (ms === null ? '?' : elapsed(ms));
const started = (ms: number | null) => `${ms === null || ms < 0 ? '' : '+'}${lasted(ms)}`;

/** At most `most` rows, or all where the view is of all. Times are bars within `wholeMs`. */
export function timelineLines(
  timeline: readonly TimelineEntry[],
  { wholeMs, most }: { readonly wholeMs: number; readonly most: number },
  view: View,
): string[] {
  const { width, colours } = view;
  const rows = pick(timeline, view.all ? timeline.length : most).map(cleaned);
  const entries = rows.filter((row) => 'label' in row);
  if (entries.length === 0) return [];
  const barWidth = Math.floor(width * BAR);
  const startWidth = widest(entries.map(({ startMs }) => started(startMs)));
  const timeWidth = widest(entries.map(({ durationMs }) => lasted(durationMs)));
  const room = width - 2 - (barWidth + 2) - 1 - startWidth - 2 - timeWidth - 2 - 2;
  const outcomes = widest(entries.map(({ outcome }) => outcome));
  const labels = widest(entries.map(({ label }) => label));
  const both = labels + outcomes <= room;
  // Where labels are too long, what they share gives way: `search #7` and `search #8` become `#7` and `#8`.
  const skip = both ? 0 : commonStart(entries.map(({ label }) => label)).length;
  const named = both ? labels : widest(entries.map(({ label }) => label.slice(skip)));
  // Outcomes are short as a rule; where not, labels that are short leave them room.
  const outcomeWidth = Math.min(outcomes, Math.max(Math.floor(room * OUTCOME), room - named));
  const labelWidth = Math.min(named, room - outcomeWidth);
  return rows.map((row) => {
    if ('more' in row) return `  ${' '.repeat(barWidth + 3)}${colours.dim(`… ${row.more} more`)}`;
    const { label, startMs, durationMs, outcome } = row;
    const bar = timeBar(startMs, durationMs, wholeMs, barWidth);
    const times = `${right(started(startMs), startWidth)}  ${right(lasted(durationMs), timeWidth)}`;
    const end = outcomeColour(outcome, colours)(cut(outcome, outcomeWidth));
    return `  ${colours.cyan(bar)} ${times}  ${left(label.slice(skip), labelWidth)}  ${end}`.trimEnd();
  });
}
