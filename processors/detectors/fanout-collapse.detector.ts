/**
 * Fan-out collapse: one agent offers far more calls at once than its callee serves, so that they mostly queue. It is
 * contention, not width: a wide fan-out with as many slots is healthy.
 */

import { z } from 'zod';
import { number, percent, plural } from '#infra/format.ts';
import type { Finding, Measure, Recommendation, TimelineEntry } from '#schemas/events.ts';
import { Sweep } from '../trace/sweep.ts';
import type { TraceView } from '../trace/view.ts';
import { called } from './called.ts';
import {
  agentOperation,
  agentOperations,
  duration,
  failedCalls,
  isOutermostCall,
  rowsByCallee,
} from './calls.ts';
import type { Detector, TraceContext, TraceFact, WindowContext } from './detector.ts';
import { type Batch, fanoutBatches, measureQueueing, type Queueing } from './fanout-batches.ts';
import { type Candidate, entry, makeFinding, strongest } from './finding.ts';
import { count, inMs, ms, ratio, reader } from './measures.ts';
import { quantile, sortedCopy, thinned } from './stats.ts';

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
  /** Across traces: the operation's p50 when crowded against its p50 when alone. Design §5. */
  crowdedConcurrency: z.number().min(1).default(10),
  aloneConcurrency: z.number().min(1).default(2),
  minSlowdown: z.number().min(1).default(3),
  minSamples: z.number().int().min(1).default(10),
});
type Config = z.output<typeof config>;

function hasCollapsed(batch: Batch, q: Queueing, c: Config): boolean {
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
    q.utilisation >= c.minUtilisation
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
  ];
}

/** Each text says what its advice would change, and nothing that it would not. */
function advise(planner: string, callee: string, evidence: readonly Measure[]): Recommendation[] {
  const e = reader(evidence);
  const [n, c, s] = [e('offered_width'), e('concurrency'), e('service_time')];
  const [expected, observed] = [e('expected_makespan'), e('observed_makespan')];
  const rounds = Math.ceil(n / c);
  return [
    {
      action: 'reduce_concurrency',
      text:
        `Let ${planner} offer ${plural(c, 'call')} at a time instead of ${number(n)}, the next as one ends: ${number(c)} ` +
        `${c === 1 ? 'runs' : 'run'} at a time either way, so it takes no longer (${number(rounds)} rounds of ${inMs(s)} are ` +
        `${inMs(expected)}; ${inMs(observed)} were observed), and the wait of ${inMs(e('mean_wait'))} on average ends, ` +
        `in which a call's timeout already runs.`,
    },
    {
      action: 'batch',
      text:
        `Batch ${number(rounds)} items into one call of ${callee}: ${number(Math.ceil(n / rounds))} calls fit its ` +
        `${number(c)} slots in one round. If such a call took no longer than now, the makespan would be ${inMs(s)} ` +
        `instead of ${inMs(observed)}.`,
    },
    {
      action: 'add_capacity',
      text:
        `Raise the limit of ${callee} from ${number(c)} to ${number(n)} at a time, if it can serve them in ` +
        `${inMs(s)} each: makespan ${inMs(s)} instead of ${inMs(observed)}.`,
    },
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
    recommendations: advise(owner.operation, callee, evidence),
  });
  return { finding, weight: q.makespan };
}

/** Callees of one trace whose durations go into facts; the ones with most calls come first. */
const MOST_FACTS = 50;
/** Durations a fact carries of each class: enough for a median, few enough for a record. */
const MOST_SAMPLES = 32;

/** How long the calls of each callee took when crowded and when (nearly) alone, by calling agent operation. */
function facts(view: TraceView, c: Config): TraceFact[] {
  const byCallee = rowsByCallee(view, isOutermostCall);
  const groups = new Map<number, { caller: number; callee: number; alone: number[]; crowded: number[] }>();
  const operations = agentOperations(view);
  const failed = failedCalls(view);
  const widest = [...byCallee].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]).slice(0, MOST_FACTS);
  for (const [callee, rows] of widest) {
    const sweep = new Sweep(
      rows.map((row) => view.start[row]),
      rows.map((row) => view.end[row]),
    );
    for (const row of rows) {
      if (failed[row] === 1) continue;
      const beside = sweep.meanWithin(view.start[row], view.end[row]);
      const caller = view.parent[row];
      const key = operations.of[caller] * view.strings.length + callee;
      let group = groups.get(key);
      if (group === undefined) {
        group = { caller, callee, alone: [], crowded: [] };
        groups.set(key, group);
      }
      if (beside <= c.aloneConcurrency) group.alone.push(duration(view, row));
      else if (beside >= c.crowdedConcurrency) group.crowded.push(duration(view, row));
    }
  }
  return [...groups.values()]
    .filter((group) => group.alone.length + group.crowded.length > 0)
    .map((group) => ({
      scope: 'operation',
      ...agentOperation(view, group.caller),
      fact: {
        kind: 'fanout_collapse',
        callee: view.strings[group.callee],
        values: [
          ...thinned(sortedCopy(group.alone), MOST_SAMPLES).map((ns) => ms('alone', ns)),
          ...thinned(sortedCopy(group.crowded), MOST_SAMPLES).map((ns) => ms('crowded', ns)),
        ],
      },
    }));
}

function slowdown(window: WindowContext, callee: string, c: Config): Finding | undefined {
  const samples = (name: string) =>
    sortedCopy(
      window.traces.flatMap((trace) =>
        trace.facts
          .filter((fact) => fact.callee === callee)
          .flatMap((fact) => fact.values.filter((each) => each.name === name).map((each) => each.value)),
      ),
    );
  const alone = samples('alone');
  const crowded = samples('crowded');
  if (alone.length < c.minSamples || crowded.length < c.minSamples) return undefined;
  const before = quantile(alone, 0.5);
  const after = quantile(crowded, 0.5);
  if (before <= 0 || after < c.minSlowdown * before) return undefined;
  const evidence = [
    ms('p50_crowded', after * 1e6),
    ms('p50_alone', before * 1e6),
    ratio('slowdown', after / before),
    count('samples_crowded', crowded.length),
    count('samples_alone', alone.length),
    count('crowded_concurrency', c.crowdedConcurrency),
    count('alone_concurrency', c.aloneConcurrency),
  ];
  const few = number(c.aloneConcurrency);
  const many = number(c.crowdedConcurrency);
  return makeFinding(window.tenant, {
    kind: 'fanout_collapse',
    severity: 'warning',
    agent: window.agent,
    operation: window.operation,
    signature: callee,
    evidence,
    timeline: [],
    explanation:
      `${callee} called by ${window.operation} (agent ${window.agent}) takes ${inMs(after)} (p50) with ${many} or more ` +
      `calls in flight and ${inMs(before)} with ${few} or fewer: ${number(after / before)} times as long. It queues inside.`,
    recommendations: [
      {
        action: 'reduce_concurrency',
        text:
          `Keep fewer than ${many} calls of ${callee} in flight: at ${few} or fewer each took ${inMs(before)} instead ` +
          `of ${inMs(after)}.`,
      },
    ],
  });
}

export const detector: Detector<Config> = {
  kind: 'fanout_collapse',
  title: 'Fan-out collapse',
  version: 1,
  config,
  couldShow: called,
  inTrace(trace, c) {
    const found: Candidate[] = [];
    for (const batch of fanoutBatches(trace.view, c.minWidth)) {
      const queueing = measureQueueing(trace.view, batch);
      if (hasCollapsed(batch, queueing, c)) found.push(collapse(trace, batch, queueing, c));
    }
    return { findings: strongest(found), facts: facts(trace.view, c) };
  },
  inWindow(window, c) {
    const callees = new Set(window.traces.flatMap((trace) => trace.facts.map((fact) => fact.callee)));
    return [...callees]
      .sort()
      .map((callee) => slowdown(window, callee, c))
      .filter((finding) => finding !== undefined);
  },
};
