/** A timeline as a picture: one row an entry, its bar scaled to the trace. */
import { elapsed } from '#infra/format.ts';
import { LEAST_BAR, timeBar, USUAL_BAR } from './bars.ts';
import { pick, type TimelineRow } from './pick.ts';
import { clean, columns, left, right, wrap } from './text.ts';
import type { TimelineEntry, View } from './view.ts';

/** Share of the line that the bar takes at most. */
const BAR = 0.26;
/** Columns that labels and outcomes have at least where both take more than one line. */
const LEAST_TEXT = 8;

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

/** The width of outcomes with which labels and outcomes together take the fewest lines; of several the greatest. */
function bestOutcomeWidth(
  texts: readonly { readonly label: string; readonly outcome: string }[],
  room: number,
  most: number,
): number {
  let best = { width: Math.max(1, room >> 1), lines: Number.POSITIVE_INFINITY };
  for (let width = Math.min(LEAST_TEXT, most); width <= Math.min(most, room - LEAST_TEXT); width++) {
    const lines = texts.reduce(
      (sum, { label, outcome }) =>
        sum + Math.max(wrap(label, room - width).length, wrap(outcome, width).length),
      0,
    );
    if (lines <= best.lines) best = { width, lines };
  }
  return best.width;
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
  const startWidth = widest(entries.map(({ startMs }) => started(startMs)));
  const timeWidth = widest(entries.map(({ durationMs }) => lasted(durationMs)));
  // Without the bar's cells.
  const whole = width - 2 - 2 - 1 - startWidth - 2 - timeWidth - 2 - 2;
  const usualBar = Number.isFinite(width) ? Math.floor(width * BAR) : USUAL_BAR;
  const outcomes = widest(entries.map(({ outcome }) => outcome));
  const labels = widest(entries.map(({ label }) => label));
  const both = labels + outcomes <= whole - usualBar;
  // Where labels are too long, what they share gives way: `search #7` and `search #8` become `#7` and `#8`.
  const skip = both ? 0 : commonStart(entries.map(({ label }) => label)).length;
  const named = both ? labels : widest(entries.map(({ label }) => label.slice(skip)));
  // Then the bar; only then text takes a second line.
  const barWidth = Math.max(LEAST_BAR, Math.min(usualBar, whole - named - outcomes));
  const room = whole - barWidth;
  const texts = entries.map(({ label, outcome }) => ({ label: label.slice(skip), outcome }));
  const outcomeWidth = named + outcomes <= room ? outcomes : bestOutcomeWidth(texts, room, outcomes);
  const labelWidth = Math.min(named, room - outcomeWidth);
  const indent = ' '.repeat(2 + (barWidth + 2) + 1 + startWidth + 2 + timeWidth);
  return rows.flatMap((row) => {
    if ('more' in row) return [`  ${' '.repeat(barWidth + 3)}${colours.dim(`… ${row.more} more`)}`];
    const { label, startMs, durationMs, outcome } = row;
    const bar = timeBar(startMs, durationMs, wholeMs, barWidth);
    const times = `${right(started(startMs), startWidth)}  ${right(lasted(durationMs), timeWidth)}`;
    const labelLines = wrap(label.slice(skip), labelWidth);
    const outcomeLines = wrap(outcome, outcomeWidth);
    const colour = outcomeColour(outcome, colours);
    return Array.from({ length: Math.max(1, labelLines.length, outcomeLines.length) }, (_, i) => {
      const before = i === 0 ? `  ${colours.cyan(bar)} ${times}` : indent;
      const end = outcomeLines[i] === undefined ? '' : colour(outcomeLines[i]);
      return `${before}  ${left(labelLines[i] ?? '', labelWidth)}  ${end}`.trimEnd();
    });
  });
}
