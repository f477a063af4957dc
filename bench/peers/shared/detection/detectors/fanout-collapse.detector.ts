/**
 * Fan-out collapse: one agent offers far more calls at once than its callee serves, so that they mostly queue. It is
 * contention, not width: a wide fan-out with as many slots is healthy.
 */

import { number, percent } from '#infra/format.ts';
import { adviseFanout } from '#processors/detectors/fanout/advice.ts';
import {
  type HandoverLimits,
  measureQueueing,
  type Queueing,
  waitsForSlots,
} from '#processors/detectors/fanout/queueing.ts';
import type { TraceView } from '#processors/trace/view.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import { agentOperation } from './calls.ts';
import type { Detector, TraceContext } from './detector.ts';
import { type Batch, fanoutBatches } from './fanout/batches.ts';
import { type SlowdownLimits, slowdownFacts } from './fanout/slowdown.ts';
import { type Candidate, entry, makeFinding, strongest } from './finding.ts';
import { count, inMs, ms, ratio, reader } from './measures.ts';
import { quantile } from './stats.ts';

/** Thresholds, as ATI's detector of this name has them. */
interface Config extends HandoverLimits, SlowdownLimits {
  readonly minWidth: number;
  readonly minWidthPerSlot: number;
  readonly minConcurrency: number;
  readonly minConcurrencyInferred: number;
  readonly minQueueShare: number;
  readonly minSlope: number;
  readonly maxSlope: number;
  readonly minDelayMs: number;
  readonly minUtilisation: number;
  readonly criticalQueueShare: number;
}

/** Design §5, and that what the calls waited for was slots (own near-miss tests). */
function hasCollapsed(view: TraceView, batch: Batch, q: Queueing, c: Config): boolean {
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

function evidenceOf(view: TraceView, batch: Batch, q: Queueing): Measure[] {
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
function timelineOf(view: TraceView, batch: Batch, callee: string): TimelineEntry[] {
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

function collapse(trace: TraceContext, batch: Batch, q: Queueing, c: Config): Candidate {
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
  inTrace(trace, c) {
    const found: Candidate[] = [];
    for (const batch of fanoutBatches(trace.view, c.minWidth)) {
      const queueing = measureQueueing(trace.view, batch);
      if (hasCollapsed(trace.view, batch, queueing, c)) found.push(collapse(trace, batch, queueing, c));
    }
    return { findings: strongest(found), facts: slowdownFacts(trace.view, c) };
  },
};
