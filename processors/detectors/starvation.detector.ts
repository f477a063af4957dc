/**
 * Starvation: a token stream stands still while other work holds what it needs. Judged against the stream's own pace,
 * so that a slow stream is not a starved one.
 */

import { z } from 'zod';
import { number, percent, plural } from '#infra/format.ts';
import type { Fact, Measure, Recommendation, TimelineEntry } from '#schemas/events.ts';
import { ATTR } from '#schemas/semconv.ts';
import { normalise } from '../trace/normalise.ts';
import { Sweep } from '../trace/sweep.ts';
import type { TraceView } from '../trace/view.ts';
import { agentOperation } from './calls.ts';
import type { Detector, TraceContext, TraceFact, WindowContext } from './detector.ts';
import { type Candidate, entry, makeFinding, strongest } from './finding.ts';
import { count, inMs, ms, ratio, reader } from './measures.ts';
import {
  type Background,
  backgroundOf,
  isStream,
  type Pace,
  paceOf,
  readStream,
  type Stall,
  type Stream,
} from './stalls.ts';
import { jainIndex } from './stats.ts';

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
  /** A third of the stream lost. Own choice. */
  criticalStalledShare: z.number().min(0).max(1).default(0.33),
  /** Across streams of one instance: Jain's fairness index of their token rates. Design §5. */
  minFairness: z.number().min(0).max(1).default(0.7),
  /** Of two streams one is always ahead. Own choice. */
  minStreams: z.number().int().min(2).default(3),
});
type Config = z.output<typeof config>;

/** Background calls during the stalls, most time first. */
interface Competitor {
  readonly name: string;
  readonly calls: number;
  readonly time: number;
}

function competitors(view: TraceView, background: Background, stalls: readonly Stall[]): Competitor[] {
  const found = new Map<number, { calls: number; time: number }>();
  for (const row of background.rows) {
    let time = 0;
    for (const stall of stalls)
      time += Math.max(0, Math.min(stall.end, view.end[row]) - Math.max(stall.start, view.start[row]));
    if (time === 0) continue;
    const entry = found.get(view.callee[row]) ?? { calls: 0, time: 0 };
    entry.calls++;
    entry.time += time;
    found.set(view.callee[row], entry);
  }
  return [...found]
    .map(([callee, { calls, time }]) => ({ name: view.strings[callee], calls, time }))
    .sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1));
}

/** A level must hold for this share of the stalls: spans overlap their successors for a moment. */
const HELD_SHARE = 0.2;

/** How many background calls ran at once during the stalls. */
function concurrencyDuring(view: TraceView, background: Background, stalls: readonly Stall[]): number {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const row of background.rows)
    for (const stall of stalls) {
      const start = Math.max(stall.start, view.start[row]);
      const end = Math.min(stall.end, view.end[row]);
      if (end <= start) continue;
      starts.push(start);
      ends.push(end);
    }
  return new Sweep(starts, ends).held(HELD_SHARE);
}

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

function timelineOf(pace: Pace, background: Background): TimelineEntry[] {
  return [...pace.stalls]
    .sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)
    .slice(0, 20)
    .map(({ start, end }) => {
      const beside = background.sweep.meanWithin(start, end);
      return entry('no chunk', start, end, `${number(beside)} background calls beside it on average`);
    });
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
  const enough = Math.max(c.minStalledMs * 1e6, c.minStalledShare * length);
  if (pace.baseline === undefined || pace.stalled < enough) return undefined;
  if (pace.overlapped < c.minOverlap * pace.stalled) return undefined;
  const others = competitors(view, background, pace.stalls);
  if (others.length === 0) return undefined;
  const owner = agentOperation(view, stream.row);
  const evidence = [
    count('stalls', pace.stalls.length),
    ms('stalled', pace.stalled),
    ms('longest_stall', Math.max(...pace.stalls.map((stall) => stall.end - stall.start))),
    ratio('stalled_share', length === 0 ? 0 : pace.stalled / length),
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
    count('background_concurrency', concurrencyDuring(view, background, pace.stalls)),
  ];
  const e = reader(evidence);
  const finding = makeFinding(tenant, {
    kind: 'starvation',
    severity: e('stalled_share') >= c.criticalStalledShare ? 'critical' : 'warning',
    ...owner,
    signature: others[0].name,
    evidence,
    timeline: timelineOf(pace, background),
    explanation:
      `${owner.operation} (agent ${owner.agent}) sends a chunk every ${inMs(e('baseline_gap'))}, but had ` +
      `${plural(pace.stalls.length, 'stall')} of ${inMs(e('stalled'))} in all (${percent(e('stalled_share'))} of the stream, ` +
      `${inMs(e('longest_stall'))} at the longest). During ${percent(e('overlap_share'))} of that time background work ran: ` +
      `${plural(e('background_calls'), 'call')}, up to ${number(e('background_concurrency'))} at once, most of them ` +
      `${others[0].name}.`,
    recommendations: advise(owner.operation, others[0].name, evidence),
  });
  return { finding, weight: pace.stalled };
}

/** How fast the stream was, as a share of its own pace and without the time of its own tools. */
function fairnessFact(
  view: TraceView,
  stream: Stream,
  background: Background,
  c: Config,
): TraceFact | undefined {
  const instance = view.resource(stream.row, ATTR.SERVICE_INSTANCE_ID);
  const { baseline } = paceOf(stream, background, c);
  if (typeof instance !== 'string' || instance === '' || baseline === undefined) return undefined;
  const [first, last] = [stream.chunks[0], stream.chunks[stream.chunks.length - 1]];
  const active = last - first - background.own.busyWithin(first, last);
  if (active <= 0 || baseline <= 0) return undefined;
  const fact: Fact = {
    kind: 'starvation',
    callee: view.strings[view.operation[stream.row]],
    values: [
      ratio('relative_rate', ((stream.chunks.length - 1) * baseline) / active),
      count('chunks', stream.chunks.length),
    ],
  };
  return {
    scope: 'instance',
    agent: normalise(view.strings[view.service[stream.row]]),
    operation: instance,
    fact,
  };
}

function unfair(window: WindowContext, callee: string, c: Config) {
  const rates = window.traces.flatMap((trace) =>
    trace.facts
      .filter((fact) => fact.callee === callee)
      .flatMap((fact) =>
        fact.values.filter((each) => each.name === 'relative_rate').map((each) => each.value),
      ),
  );
  const fairness = jainIndex(rates);
  if (rates.length < c.minStreams || fairness >= c.minFairness) return undefined;
  const sorted = [...rates].sort((a, b) => a - b);
  const evidence = [
    ratio('fairness', fairness),
    count('streams', rates.length),
    ratio('slowest_rate', sorted[0]),
    ratio('fastest_rate', sorted[sorted.length - 1]),
  ];
  const e = reader(evidence);
  return makeFinding(window.tenant, {
    kind: 'starvation',
    severity: 'warning',
    agent: window.agent,
    operation: callee,
    signature: callee,
    evidence,
    timeline: [],
    explanation:
      `${number(rates.length)} streams (${callee}) of one instance of ${window.agent} shared it unevenly: the slowest ran ` +
      `at ${percent(e('slowest_rate'))} of its own pace, the fastest at ${percent(e('fastest_rate'))} (Jain's fairness ` +
      `index ${fairness.toFixed(2)}, 1 is fair).`,
    recommendations: [
      {
        action: 'separate_pools',
        text:
          `Serve the ${number(rates.length)} streams in turn or give each slots of its own: at equal shares each would ` +
          `run at about ${percent(rates.reduce((sum, rate) => sum + rate, 0) / rates.length)} of its pace.`,
      },
    ],
  });
}

export const detector: Detector<Config> = {
  kind: 'starvation',
  title: 'Starvation',
  version: 1,
  config,
  inTrace(trace, c) {
    const { view } = trace;
    const found: Candidate[] = [];
    const facts: TraceFact[] = [];
    for (let row = 0; row < view.n; row++) {
      if (!isStream(view, row)) continue;
      const stream = readStream(view, row);
      if (stream === undefined) continue;
      const background = backgroundOf(view, row, c);
      const candidate = starved(trace, stream, background, c);
      if (candidate) found.push(candidate);
      const fact = fairnessFact(view, stream, background, c);
      if (fact) facts.push(fact);
    }
    return { findings: strongest(found), facts };
  },
  inWindow(window, c) {
    if (window.scope !== 'instance') return [];
    const callees = new Set(window.traces.flatMap((trace) => trace.facts.map((fact) => fact.callee)));
    return [...callees]
      .sort()
      .map((callee) => unfair(window, callee, c))
      .filter((finding) => finding !== undefined);
  },
};
