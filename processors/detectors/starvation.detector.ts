/**
 * Starvation: a token stream stands still while other work holds what it needs. Judged against the stream's own pace,
 * so that a slow stream is not a starved one.
 */

import { z } from 'zod';
import { number, percent, plural } from '#infra/format.ts';
import type { Measure, Recommendation, TimelineEntry } from '#schemas/events.ts';
import type { TraceView } from '../trace/view.ts';
import { agentOperation } from './calls.ts';
import { type Detector, NOTHING, type TraceContext, type TraceFact } from './detector.ts';
import { type Candidate, entry, makeFinding, strongest } from './finding.ts';
import { count, inMs, ms, ratio, reader } from './measures.ts';
import { type Background, backgroundOf } from './streams/background.ts';
import { fairnessFact, tellsFairness, unfair } from './streams/fairness.ts';
import {
  levelDuring,
  type Pace,
  paceOf,
  readStream,
  type Stall,
  type Stream,
  stallsWithin,
  streamsIn,
  timeInGapsOver,
} from './streams/stalls.ts';

const config = z.strictObject({
  /** Gaps without background work that make a baseline. Design §5. */
  minCleanGaps: z.number().int().min(1).default(10),
  /** A stall is a gap above this many baselines … Design §5. */
  stallFactor: z.number().min(1).default(4),
  /** … and above this: a person does not notice less. Design §5. */
  minStallMs: z.number().min(0).default(250),
  /** Starved when stalls reach both. Design §5. */
  minStalledMs: z.number().min(0).default(1000),
  minStalledShare: z.number().min(0).max(1).default(0.05),
  /** Share of the stalls' time during which background work ran. Design §5. */
  minOverlap: z.number().min(0).max(1).default(0.8),
  /** More calls at once right beside a stream are background work, not its own tools. Own near-miss tests. */
  maxOwnTools: z.number().int().min(0).default(2),
  /** A third of the stream lost: whoever reads along has given up. Own choice. */
  criticalStalledShare: z.number().min(0).max(1).default(0.33),
  /** Across streams of one instance: Jain's fairness index of their token rates. Design §5. */
  minFairness: z.number().min(0).max(1).default(0.7),
  /** Of two streams one is always ahead. Own choice. */
  minStreams: z.number().int().min(2).default(3),
});
type Config = z.output<typeof config>;

/** Of a finding, see finding.ts. */
const LONGEST_TIMELINE = 20;
/** Competing operations that are told by name. */
const NAMED_COMPETITORS = 3;
/** Each stream costs a pass over the trace: of more, those with the longest gaps are judged. */
const MOST_STREAMS = 64;

/** Background calls of one callee during the stalls. Times in ns from the trace's start. */
interface Competitor {
  readonly name: string;
  readonly calls: number;
  /** Of their work within stalls. */
  readonly time: number;
  /** From the first of them to the last, within stalls. */
  readonly first: number;
  readonly last: number;
}

/** Most time first. */
function competitors(view: TraceView, background: Background, stalls: readonly Stall[]): Competitor[] {
  const found = new Map<number, { calls: number; time: number; first: number; last: number }>();
  const within = stallsWithin(stalls);
  for (const row of background.rows) {
    const overlap = within(view.start[row], view.end[row]);
    if (overlap === undefined) continue;
    const known = found.get(view.callee[row]);
    const competitor = known ?? { calls: 0, time: 0, first: overlap.first, last: overlap.last };
    competitor.calls++;
    competitor.time += overlap.time;
    competitor.first = Math.min(competitor.first, overlap.first);
    competitor.last = Math.max(competitor.last, overlap.last);
    if (known === undefined) found.set(view.callee[row], competitor);
  }
  return [...found]
    .map(([callee, competitor]) => ({ name: view.strings[callee], ...competitor }))
    .sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1));
}

/** A level must hold for this share of the stalls: spans overlap their successors for a moment. */
const HELD_SHARE = 0.2;

function advise(stream: string, competitor: string, evidence: readonly Measure[]): Recommendation[] {
  const e = reader(evidence);
  const slots = e('background_concurrency');
  const advice: Recommendation[] = [
    {
      action: 'separate_pools',
      text:
        `Give ${stream} slots of its own, apart from ${competitor}: at its own pace of ${inMs(e('baseline_gap'))} a ` +
        `chunk its ${plural(e('stalls'), 'stall')} of ${inMs(e('stalled'))} in all would not have happened.`,
    },
  ];
  if (slots > 1)
    advice.push({
      action: 'reduce_concurrency',
      text:
        `Hold the background work to ${number(slots - 1)} calls at once instead of ${number(slots)}, so that one slot stays ` +
        `free for ${stream}: the background work then takes ${percent(1 / (slots - 1))} longer.`,
    });
  return advice;
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** The longest stalls, and who competed for what the stream needed. */
function timelineOf(pace: Pace, background: Background, others: readonly Competitor[]): TimelineEntry[] {
  const competing = others.slice(0, NAMED_COMPETITORS).map(({ name, calls, time, first, last }) => {
    const work = `${plural(calls, 'call')}, ${inMs(time / 1e6)} of work during the stalls`;
    return entry(`competing: ${name}`, first, last, work);
  });
  const stalls = [...pace.stalls]
    .sort((a, b) => b.time - a.time || a.start - b.start)
    .slice(0, LONGEST_TIMELINE - competing.length)
    .map(({ start, end }) => {
      const beside = background.sweep.meanWithin(start, end);
      return entry('no chunk', start, end, `${plural(beside, 'background call')} beside it on average`);
    });
  return [...competing, ...stalls];
}

/** `tool_call index (140 calls)`; of several the ones with most work. */
function competitorText(others: readonly Competitor[]): string {
  const named = others
    .slice(0, NAMED_COMPETITORS)
    .map(({ name, calls }) => `${name} (${plural(calls, 'call')})`);
  const rest = others.length - named.length;
  return named.join(', ') + (rest > 0 ? ` and ${plural(rest, 'more operation')}` : '');
}

function starved(
  trace: TraceContext,
  stream: Stream,
  background: Background,
  c: Config,
): Candidate | undefined {
  const { view, tenant } = trace;
  const pace = paceOf(stream, background, c);
  const length = view.end[stream.row] - view.start[stream.row];
  if (pace.baseline === undefined || pace.stalls.length === 0) return undefined;
  if (pace.stalled < enoughStalled(view, stream, c)) return undefined;
  if (pace.overlapped < c.minOverlap * pace.stalled) return undefined;
  const others = competitors(view, background, pace.stalls);
  if (others.length === 0) return undefined;
  const owner = agentOperation(view, stream.row);
  const work = others.reduce((sum, other) => sum + other.time, 0);
  const evidence = [
    count('stalls', pace.stalls.length),
    ms('stalled', pace.stalled),
    ms(
      'longest_stall',
      pace.stalls.reduce((most, stall) => Math.max(most, stall.time), 0),
    ),
    ratio('stalled_share', share(pace.stalled, length)),
    ratio('overlap_share', pace.overlapped / pace.stalled),
    ms('baseline_gap', pace.baseline),
    ms('stall_limit', pace.limit),
    ms('stream', length),
    count('chunks', stream.chunks.length),
    ms('time_to_first_token', stream.chunks[0] - view.start[stream.row]),
    count(
      'background_calls',
      others.reduce((sum, other) => sum + other.calls, 0),
    ),
    count('background_concurrency', levelDuring(background.sweep, pace.stalls, HELD_SHARE)),
    count('competing_operations', others.length),
    ratio('competitor_share', share(others[0].time, work)),
  ];
  const e = reader(evidence);
  const finding = makeFinding(tenant, {
    kind: 'starvation',
    severity: e('stalled_share') >= c.criticalStalledShare ? 'critical' : 'warning',
    ...owner,
    signature: others[0].name,
    evidence,
    timeline: timelineOf(pace, background, others),
    explanation:
      `${owner.operation} (agent ${owner.agent}) sends a chunk every ${inMs(e('baseline_gap'))}, but had ` +
      `${plural(pace.stalls.length, 'stall')} of ${inMs(e('stalled'))} in all (${percent(e('stalled_share'))} of the stream, ` +
      `${inMs(e('longest_stall'))} at the longest). During ${percent(e('overlap_share'))} of that time background work ran: ` +
      `${plural(e('background_calls'), 'call')}, up to ${number(e('background_concurrency'))} at once: ` +
      `${competitorText(others)}. Its first chunk had come after ${inMs(e('time_to_first_token'))}.`,
    recommendations: advise(owner.operation, others[0].name, evidence),
  });
  return { finding, weight: pace.stalled };
}

export const detector: Detector<Config> = {
  kind: 'starvation',
  title: 'Starvation',
  version: 2,
  config,
  inTrace(trace, c) {
    const { view } = trace;
    if (streamsIn(view).length === 0) return NOTHING;
    const found: Candidate[] = [];
    const facts: TraceFact[] = [];
    for (const stream of streamsOf(view, c)) {
      if (!mayStarve(view, stream, c) && !tellsFairness(view, stream, c)) continue;
      const background = backgroundOf(view, stream, c);
      const candidate = starved(trace, stream, background, c);
      if (candidate) found.push(candidate);
      const fact = fairnessFact(view, stream, background, c);
      if (fact) facts.push(fact);
    }
    return { findings: strongest(found), facts };
  },
  inWindow(window, c) {
    const finding = window.scope === 'instance' ? unfair(window, c) : undefined;
    return finding ? [finding] : [];
  },
};

/** False where even all long gaps together are too short, whatever ran beside them: of most streams no more is read. */
function mayStarve(view: TraceView, stream: Stream, c: Config): boolean {
  const time = timeInGapsOver(stream, c.minStallMs * 1e6);
  return time > 0 && time >= enoughStalled(view, stream, c);
}

function enoughStalled(view: TraceView, { row }: Stream, c: Config): number {
  return Math.max(c.minStalledMs * 1e6, c.minStalledShare * (view.end[row] - view.start[row]));
}

/** Every stream of the trace, in order of start; of too many those with most time in long gaps. */
function streamsOf(view: TraceView, c: Config): Stream[] {
  const streams: Stream[] = [];
  for (const row of streamsIn(view)) {
    const stream = readStream(view, row);
    if (stream) streams.push(stream);
  }
  if (streams.length <= MOST_STREAMS) return streams;
  return streams
    .map((stream) => ({ stream, time: timeInGapsOver(stream, c.minStallMs * 1e6) }))
    .sort((a, b) => b.time - a.time || a.stream.row - b.stream.row)
    .slice(0, MOST_STREAMS)
    .map(({ stream }) => stream)
    .sort((a, b) => a.row - b.row);
}
