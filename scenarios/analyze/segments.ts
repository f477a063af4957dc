/** The critical path piece by piece, in order of time; repeats are folded. */
import type { PathSegment } from '#schemas/events.ts';
import { timelineLines } from '#sinks/explain/timeline.ts';
import type { TimelineEntry, View } from '#sinks/explain/view.ts';

const MOST = 16;
/** Longest sequence of pieces that is seen as one step that repeats. */
const LONGEST_STEP = 4;
/** From so many repeats on they are folded. */
const REPEATS = 3;

const OUTCOMES = { self: '', edge: 'network', idle: 'waited for a person' } as const;

interface Piece {
  readonly label: string;
  readonly type: PathSegment['type'];
  readonly startNs: number;
  readonly endNs: number;
}

const same = (a: Piece, b: Piece) => a.label === b.label && a.type === b.type;

/** `worker → search × 12`: pieces that come again and again, in the same order, as one. */
export function folded(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (let at = 0; at < pieces.length; ) {
    let best = { step: 1, times: 1 };
    for (let step = 1; step <= LONGEST_STEP; step++) {
      let end = at + step;
      while (end < pieces.length && same(pieces[end], pieces[end - step])) end++;
      const times = Math.floor((end - at) / step);
      if (times >= REPEATS && times * step > best.times * best.step) best = { step, times };
    }
    const { step, times } = best;
    const run = pieces.slice(at, at + step * times);
    if (times === 1) result.push(pieces[at]);
    else {
      const types = new Set(run.slice(0, step).map(({ type }) => type));
      result.push({
        label: `${run
          .slice(0, step)
          .map(({ label }) => label)
          .join(' → ')} × ${times}`,
        type: types.size === 1 ? run[0].type : 'self',
        startNs: run[0].startNs,
        endNs: run[run.length - 1].endNs,
      });
    }
    at += run.length;
  }
  return result;
}

/** A line for each piece, with its bar in the whole of the trace. */
export function segmentLines(path: readonly PathSegment[], wholeNs: number, view: View): string[] {
  if (path.length < 2) return [];
  const pieces = path.map(({ operation, service, type, startNs, endNs }) => ({
    label: type === 'edge' ? `to or from ${operation}` : `${operation} (${service})`,
    ...{ type, startNs, endNs },
  }));
  const entries = folded(pieces).map(
    ({ label, type, startNs, endNs }): TimelineEntry => ({
      label,
      startMs: startNs / 1e6,
      durationMs: (endNs - startNs) / 1e6,
      outcome: OUTCOMES[type],
    }),
  );
  return timelineLines(entries, { wholeMs: wholeNs / 1e6, most: MOST }, view);
}
