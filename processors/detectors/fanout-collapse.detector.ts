/**
 * Fan-out collapse: one agent offers far more calls at once than its callee serves, so that they mostly queue. It is
 * contention, not width: a wide fan-out with as many slots is healthy.
 */

import { z } from 'zod';
import { number, percent } from '#infra/format.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import type { TraceView } from '../trace/view.ts';
import { factsByCallee, measuresNamed } from './by-callee.ts';
import { called } from './called.ts';
import { agentOperation } from './calls.ts';
import type { Detector, TraceContext } from './detector.ts';
import { adviseFanout } from './fanout/advice.ts';
import { callByCall, fanoutBatches, type OfferedBatch } from './fanout/batches.ts';
import { measureQueueing, type Queueing, waitsForSlots } from './fanout/queueing.ts';
import { slowdown, slowdownFacts } from './fanout/slowdown.ts';
import { type Candidate, entry, makeFinding, strongest } from './finding.ts';
import { count, inMs, ms, ratio, reader } from './measures.ts';
import { quantile } from './stats.ts';

const config = z.strictObject({
  /** Narrower fan-outs finish soon however they queue. Design §5, tried on the scenarios. */
  minWidth: z.number().int().min(2).default(10),
  /** n ≥ 2c: at least a second round. Design §5. */
  minWidthPerSlot: z.number().min(1).default(2),
  /** Fewer at a time is a loop, unless workers show that the work was offered. Design §5. */
  minConcurrency: z.number().int().min(1).default(2),
  /** Where only the parent's start hints at the offer, a loop over pairs looks like two slots: ask for more. Own tests. */
  minConcurrencyInferred: z.number().int().min(1).default(4),
  /** ΣW / Σ(W+S): at least half of the calls' time is waiting. Design §5. */
  minQueueShare: z.number().min(0).max(1).default(0.5),
  /** A queue that drains c at a time starts each next call S/c later. Design §5. */
  minSlope: z.number().min(0).default(0.5),
  maxSlope: z.number().min(0).default(1.5),
  /** Makespan − S: less is not worth anybody's time. Design §5. */
  minDelayMs: z.number().min(0).default(200),
  /** While calls wait, their slots are busy: otherwise something else holds them up. Own near-miss tests. */
  minUtilisation: z.number().min(0).max(1).default(0.5),
  /** A call waits four times as long as it takes, on average: some nine rounds. Own choice. */
  criticalQueueShare: z.number().min(0).max(1).default(0.8),
  /**
   * A waiting call starts as another one ends: within so much of S, at least so many ms, in half of the cases. Own tests
   * against calls that come over time (Poisson at 20 in flight: 22 % of S), handovers of the project's agents take 1–5 ms.
   */
  maxHandover: z.number().min(0).default(0.1),
  minHandoverMs: z.number().min(0).default(5),
  /** Distances of starts, standard deviation / mean: slots gave 0.3 and more in simulations, timers with 10 % jitter 0.1. */
  minStartVariation: z.number().min(0).default(0.25),
  /** Across traces: the operation's p50 when crowded against its p50 when alone. Design §5. */
  crowdedConcurrency: z.number().min(1).default(10),
  aloneConcurrency: z.number().min(1).default(2),
  minSlowdown: z.number().min(1).default(3),
  minSamples: z.number().int().min(1).default(10),
});
type Config = z.output<typeof config>;

/** Design §5, and that what the calls waited for was slots (own near-miss tests). */
function hasCollapsed(view: TraceView, batch: OfferedBatch, q: Queueing, c: Config): boolean {
  const concurrency = batch.by === 'parent' ? c.minConcurrencyInferred : c.minConcurrency;
  const perSlot = q.slope * q.concurrency; // to be compared with S
  return (
    q.width >= c.minWidth &&
    q.width >= c.minWidthPerSlot * q.concurrency &&
    (batch.by === 'worker' || q.concurrency >= concurrency) &&
    q.queueShare >= c.minQueueShare &&
    perSlot >= c.minSlope * q.service &&
    // Slots free up at the mean rate, which is above S where durations vary.
    perSlot <= c.maxSlope * q.meanService &&
    q.makespan - q.service >= c.minDelayMs * 1e6 &&
    q.utilisation >= c.minUtilisation &&
    waitsForSlots(view, batch, q, c)
  );
}

function evidenceOf(view: TraceView, batch: OfferedBatch, q: Queueing): Measure[] {
  const last = batch.calls.reduce((a, b) => (b.end > a.end ? b : a));
  const service = ms('service_time', q.service);
  return [
    count('offered_width', q.width),
    count('concurrency', q.concurrency),
    service,
    ms('mean_wait', q.waits.reduce((sum, wait) => sum + wait, 0) / q.width),
    ratio('queue_share', q.queueShare),
    ms('expected_makespan', Math.ceil(q.width / q.concurrency) * service.value * 1e6),
    ms('observed_makespan', q.makespan),
    ms('latency_p50', quantile(q.latencies, 0.5)),
    ms('latency_p99', quantile(q.latencies, 0.99)),
    ratio('p99_over_p50', quantile(q.latencies, 0.99) / quantile(q.latencies, 0.5)),
    ms('start_delay_per_call', q.slope),
    ms('last_wait', Math.max(0, view.start[last.row] - last.offer)),
    ms('last_service', last.end - view.start[last.row]),
    ms('longest_service', q.longestService),
  ];
}

/** The last calls to finish: the ones that the parent waited for. */
function timelineOf(view: TraceView, batch: OfferedBatch, callee: string): TimelineEntry[] {
  const order = new Map(batch.calls.map((call, index) => [call.row, index + 1]));
  return [...batch.calls]
    .sort((a, b) => b.end - a.end || a.row - b.row)
    .slice(0, 10)
    .map((call) => {
      const waited = inMs((view.start[call.row] - call.offer) / 1e6);
      const served = inMs((call.end - view.start[call.row]) / 1e6);
      const label = `${callee} #${order.get(call.row)}: waited ${waited}, served in ${served}`;
      return entry(label, call.offer, call.end, view.status[call.row] === 2 ? 'first attempt failed' : 'ok');
    });
}

function collapse(trace: TraceContext, batch: OfferedBatch, q: Queueing, c: Config): Candidate {
  const { view, tenant } = trace;
  const owner = agentOperation(view, batch.owner);
  const callee = view.strings[batch.callee];
  const evidence = evidenceOf(view, batch, q);
  const e = reader(evidence);
  const finding = makeFinding(tenant, {
    kind: 'fanout_collapse',
    severity: q.queueShare >= c.criticalQueueShare ? 'critical' : 'warning',
    ...owner,
    signature: callee,
    evidence,
    timeline: timelineOf(view, batch, callee),
    explanation:
      `${owner.operation} (agent ${owner.agent}) offered ${number(q.width)} calls of ${callee} at once, but only ` +
      `${number(q.concurrency)} ran at a time. A call takes ${inMs(e('service_time'))} and waited ` +
      `${inMs(e('mean_wait'))} on average before it started: ${percent(q.queueShare)} of the calls' time was queueing. ` +
      `The last to finish waited ${inMs(e('last_wait'))} and took ${inMs(e('last_service'))} from there; all together ` +
      `took ${inMs(e('observed_makespan'))}.`,
    recommendations: adviseFanout(owner.operation, callee, evidence),
  });
  return { finding, weight: q.makespan };
}

export const detector: Detector<Config> = {
  kind: 'fanout_collapse',
  title: 'Fan-out collapse',
  version: 2,
  config,
  couldShow: called,
  inTrace(trace, c) {
    const found: Candidate[] = [];
    const batches = fanoutBatches(trace.view, c.minWidth);
    for (let i = 0; i < batches.length; i++) {
      const batch = callByCall(batches[i]);
      const queueing = measureQueueing(trace.view, batch);
      if (hasCollapsed(trace.view, batch, queueing, c)) found.push(collapse(trace, batch, queueing, c));
    }
    return { findings: strongest(found), facts: slowdownFacts(trace.view, c) };
  },
  tells: ({ values }) => values.some(({ name }) => name === 'crowded'),
  inWindow(window, c) {
    return [...factsByCallee(window)]
      .filter(([, facts]) => measuresNamed(facts, 'crowded') >= c.minSamples)
      .map(([callee]) => slowdown(window, callee, c))
      .filter((finding) => finding !== undefined);
  },
};
