/** Which rows of a timeline are shown where not all are. */
import type { TimelineEntry } from './view.ts';

/** A row, or how many are left out there. */
export type TimelineRow = TimelineEntry | { readonly more: number };

/** `waited 120 ms` and `waited 80 ms` are the same outcome. */
const kindOf = ({ outcome }: TimelineEntry) => outcome.replace(/\d[\d.,]*/g, '#');

/** Positions by importance: the longest, the first of each outcome, then the earliest. */
function byImportance(timeline: readonly TimelineEntry[]): Set<number> {
  const length = (at: number) => timeline[at].durationMs ?? 0;
  const positions = [...timeline.keys()];
  const longest = positions.reduce((best, at) => (length(at) > length(best) ? at : best), 0);
  const firsts = new Map<string, number>();
  for (const at of positions) {
    const kind = kindOf(timeline[at]);
    if (!firsts.has(kind)) firsts.set(kind, at);
  }
  return new Set([longest, ...firsts.values(), ...positions]);
}

/** At most `most` rows, in order of time, with the gaps between them counted. */
export function pick(timeline: readonly TimelineEntry[], most: number): TimelineRow[] {
  if (timeline.length <= most) return [...timeline];
  const shown = [...byImportance(timeline)].slice(0, most).sort((a, b) => a - b);
  const rows: TimelineRow[] = [];
  let next = 0;
  for (const at of [...shown, timeline.length]) {
    if (at > next) rows.push({ more: at - next });
    if (at < timeline.length) rows.push(timeline[at]);
    next = at + 1;
  }
  return rows;
}
