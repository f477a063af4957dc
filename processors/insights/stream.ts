/** The question of a token stream: did it stand still, and what ran beside it then? */
import { elapsed, number, percent, plural } from '#infra/format.ts';
import type { TimelineEntry } from '#schemas/events.ts';
import { ATTR } from '#schemas/semconv.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, ratio, reader } from '../detectors/measures.ts';
import { detector as starvation } from '../detectors/starvation.detector.ts';
import { quantile } from '../detectors/stats.ts';
import { type Background, backgroundOf } from '../detectors/streams/background.ts';
import { type Pace, paceOf, readStream, type Stream, streamsIn } from '../detectors/streams/stalls.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import type { TraceView } from '../trace/view.ts';
import { longest, makeInsight } from './answer.ts';
import type { InsightRule } from './insight.ts';
import { type Burst, burstsOf, mostCalled } from './stream-bursts.ts';

/** The starvation detector's, at their defaults (design §5): an insight tells what a trace shows, thresholds or not. */
const LIMITS = starvation.config.parse({});
/** What is beside a stream costs a pass over the trace: of many streams those with the longest gaps are looked at. */
const MOST_STREAMS = 8;
/** A pace this many declared intervals long is a slow one. */
const SLOW_INTERVALS = 2;

/** A stream with everything that the answer is made of. Times in ns. */
interface Watched {
  readonly stream: Stream;
  readonly background: Background;
  readonly pace: Pace;
  /** Stalls beside which background work ran for most of their time (design §5: 80 %). */
  readonly beside: number;
  /** Long gaps that its own tools explain. */
  readonly ownWaits: readonly { start: number; end: number }[];
  readonly bursts: readonly Burst[];
}

function gapsOf(chunks: Float64Array): Float64Array {
  return chunks.subarray(1).map((chunk, i) => chunk - chunks[i]);
}

function candidates(view: TraceView): Stream[] {
  const found: { stream: Stream; gap: number }[] = [];
  for (const row of streamsIn(view)) {
    const stream = readStream(view, row);
    if (stream) found.push({ stream, gap: gapsOf(stream.chunks).reduce((a, b) => Math.max(a, b)) });
  }
  return found
    .sort((a, b) => b.gap - a.gap || a.stream.row - b.stream.row)
    .slice(0, MOST_STREAMS)
    .map((each) => each.stream);
}

function watch(view: TraceView, stream: Stream): Watched {
  const { row, chunks } = stream;
  const background = backgroundOf(view, stream, LIMITS);
  const pace = paceOf(stream, background, LIMITS);
  const beside = pace.stalls.filter(
    ({ start, end, time }) => background.besides(start, end) >= LIMITS.minOverlap * time,
  ).length;
  const ownWaits: { start: number; end: number }[] = [];
  for (let i = 1; pace.baseline !== undefined && i < chunks.length; i++) {
    const [start, end] = [chunks[i - 1], chunks[i]];
    if (end - start <= pace.limit) continue;
    if (end - start - background.own.busyWithin(start, end) <= pace.limit) ownWaits.push({ start, end });
  }
  const end = Math.max(view.end[row], chunks[chunks.length - 1]);
  const bursts = burstsOf(view, background, view.start[row], end, Math.max(CLOCK_NS, pace.baseline ?? 0));
  return { stream, background, pace, beside, ownWaits, bursts };
}

/** Most stalled beside other work, then most stalled at all, then the one that waited most for its own tools. */
function better(a: Watched, b: Watched): boolean {
  return (
    (a.pace.overlapped - b.pace.overlapped ||
      a.pace.stalled - b.pace.stalled ||
      a.ownWaits.length - b.ownWaits.length) > 0
  );
}

function timelineOf(view: TraceView, watched: Watched): TimelineEntry[] {
  const { pace, background, ownWaits, bursts } = watched;
  return longest([
    ...pace.stalls.map(({ start, end }) => {
      const beside = Math.round(background.sweep.meanWithin(start, end) * 10) / 10;
      const what =
        beside === 0 ? 'nothing beside it' : `${number(beside)} background calls beside it on average`;
      return entry('no chunk', start, end, what);
    }),
    ...ownWaits.map(({ start, end }) => entry('no chunk', start, end, 'waited for its own tools')),
    ...bursts.map(({ start, end, rows }) =>
      entry(
        'background work',
        start,
        end,
        `${plural(rows.length, 'call')}, mostly ${mostCalled(view, rows)}`,
      ),
    ),
  ]);
}

function answerOf(view: TraceView, watched: Watched, e: (name: string) => number): string {
  const { stream, pace, beside, ownWaits, bursts } = watched;
  const n = e('stalls');
  const calls = e('background_calls');
  const first = `the first after ${elapsed(e('time_to_first_token'))}`;
  const chunk = `a chunk every ${elapsed(e('baseline_gap'))}`;
  if (pace.baseline === undefined)
    return `Too few gaps without background work to know its own pace: ${e('chunks')} chunks, ${first}.`;
  const stood =
    `${plural(n, 'stall')} of ${elapsed(e('stalled'))} in all` +
    (n > 1 ? ` (up to ${elapsed(e('longest_stall'))})` : '');
  if (beside > 0) {
    const most = mostCalled(
      view,
      bursts.flatMap((burst) => burst.rows),
    );
    return (
      `Stood still while other work ran: ${stood}, during ${percent(e('overlap_share'))} of which background work ran ` +
      `(${plural(calls, 'call')} beside the stream, mostly ${most}); its own pace is ${chunk}, ${first}.`
    );
  }
  if (n > 0)
    return e('overlap_share') === 0
      ? `Slow, but nothing ran beside it: ${stood}; its own pace is ${chunk}, ${first}.`
      : `Slow, but not by the work beside it: ${stood}, during only ${percent(e('overlap_share'))} of which ` +
          `background work ran; its own pace is ${chunk}, ${first}.`;
  if (ownWaits.length > 0)
    return (
      `Waited for its own tools: ${plural(ownWaits.length, 'gap')} of ${elapsed(e('own_waits'))} in all; else steady, ` +
      `${chunk}, ${first}.`
    );
  const untouched =
    calls === 0 ? 'nothing ran beside it' : `${plural(calls, 'background call')} did not touch it`;
  const slow =
    pace.baseline > LIMITS.minStallMs * 1e6 || pace.baseline > SLOW_INTERVALS * (stream.interval ?? Infinity);
  return `${slow ? 'Slow, but steady' : 'Steady'}: ${chunk}, ${first}; ${untouched}.`;
}

/**
 * Of the stream that stood still the most. baseline_gap is the stream's own pace (design §5; where it cannot be known
 * the 10th percentile of all its gaps), overlap_share the share of the stalls' time during which background work ran,
 * background_calls the calls that ran at some moment of the stream.
 */
export const stream: InsightRule = {
  kind: 'stream',
  look({ view }) {
    if (!view.mayHave(ATTR.ATI_STREAM_TOKEN_OFFSETS)) return undefined; // no stream can be read
    let best: Watched | undefined;
    for (const each of candidates(view)) {
      const watched = watch(view, each);
      if (best === undefined || better(watched, best)) best = watched;
    }
    if (best === undefined) return undefined;
    const { pace, ownWaits, bursts } = best;
    const { row, chunks } = best.stream;
    const length = ({ start, end }: { start: number; end: number }) => end - start;
    const evidence = [
      ms('time_to_first_token', chunks[0] - view.start[row]),
      count('chunks', chunks.length),
      ms('baseline_gap', pace.baseline ?? quantile(gapsOf(chunks).sort(), 0.1)),
      count('stalls', pace.stalls.length),
      ms('stalled', pace.stalled),
      ms(
        'longest_stall',
        pace.stalls.reduce((most, stall) => Math.max(most, stall.time), 0),
      ),
      ratio('overlap_share', pace.stalled === 0 ? 0 : pace.overlapped / pace.stalled),
      count(
        'background_calls',
        bursts.reduce((sum, burst) => sum + burst.rows.length, 0),
      ),
      ms(
        'own_waits',
        ownWaits.reduce((sum, wait) => sum + length(wait), 0),
      ),
    ];
    return makeInsight(view, row, {
      kind: 'stream',
      found: best.beside > 0,
      answer: answerOf(view, best, reader(evidence)),
      evidence,
      timeline: timelineOf(view, best),
    });
  },
};
