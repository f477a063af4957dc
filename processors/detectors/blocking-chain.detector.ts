/** Blocking chain: many agents, each of which waits for the next, so that the workflow takes the sum of their times. */

import { z } from 'zod';
import { number, percent } from '#infra/format.ts';
import type { Measure, Recommendation, TimelineEntry } from '#schemas/events.ts';
import { qualified } from '../trace/normalise.ts';
import type { TraceView } from '../trace/view.ts';
import { agentOperation } from './calls.ts';
import { chainAmong } from './chain/runs.ts';
import { cumulatedOf, longestOf, mostSteps, realSteps, type Step, stepsOf } from './chain/steps.ts';
import { type Detector, NOTHING } from './detector.ts';
import { entry, makeFinding } from './finding.ts';
import { count, inMs, ms, ratio, reader } from './measures.ts';

const config = z.strictObject({
  /** Dependent steps in a row. Design §5, tried on the scenarios (60) and on a ReAct loop of 10. */
  minDepth: z.number().int().min(2).default(20),
  /** Share of the workflow's time (without waits for people) that the steps take one after another. Design §5. */
  minSerialShare: z.number().min(0).max(1).default(0.8),
  /** One step above this share of the whole is a slow step, not a chain. Design §5. */
  maxStepShare: z.number().min(0).max(1).default(0.2),
  /** Cumulated latency: 60 × 1 ms hurts nobody. Design §5. */
  minCumulatedMs: z.number().min(0).default(1000),
  /** A step below this share of the mean step only passes on what the next one does. Own choice. */
  minShareOfMean: z.number().min(0).max(1).default(0.1),
  /** Twice the depth that counts as a chain, and ten times its latency. Own choice. */
  criticalDepth: z.number().int().min(2).default(40),
  criticalCumulatedMs: z.number().min(0).default(10_000),
});
type Config = z.output<typeof config>;

/** The operation that most of the steps after the first are, so that a chain's identity does not hang on one of them. */
function commonOperation(view: TraceView, steps: readonly Step[]): string {
  const counts = new Map<string, number>();
  for (const step of steps.slice(1)) {
    const { agent, operation } = agentOperation(view, step.row);
    const name = qualified(operation, agent);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0][0];
}

function advise(first: string, evidence: readonly Measure[]): Recommendation[] {
  const e = reader(evidence);
  const half = Math.ceil(e('depth') / 2);
  const cumulated = e('cumulated_latency');
  return [
    {
      action: 'restructure_planner',
      text:
        `Run the steps that do not need each other's results side by side: if all ${number(e('depth'))} could, ` +
        `${inMs(e('longest_step'))} (the longest step) would remain of ${inMs(cumulated)}, so at most ` +
        `${inMs(e('possible_saving'))} can be saved.`,
    },
    {
      action: 'batch',
      text:
        `Let each agent from ${first} on do two steps' work in one call: ${number(half)} steps instead of ` +
        `${number(e('depth'))}. Where a step's time is mostly the call itself that is about ` +
        `${inMs((cumulated / e('depth')) * half)} instead of ${inMs(cumulated)}.`,
    },
  ];
}

/** The longest steps. */
function timelineOf(view: TraceView, steps: readonly Step[]): TimelineEntry[] {
  const position = new Map(steps.map((step, index) => [step.row, index + 1]));
  return [...steps]
    .sort((a, b) => b.time - a.time || a.row - b.row)
    .slice(0, 20)
    .map((step) => {
      const name = `${view.strings[view.agent[step.row]]} (step ${position.get(step.row)})`;
      return entry(name, step.start, step.start + step.time, 'ok');
    });
}

export const detector: Detector<Config> = {
  kind: 'blocking_chain',
  title: 'Blocking chain',
  version: 1,
  config,
  inTrace({ view, tenant, critical }, c) {
    if (mostSteps(view) < c.minDepth) return NOTHING;
    const { steps: all, whole } = stepsOf(view, critical);
    if (all.length < c.minDepth) return NOTHING;
    const isChain = (some: readonly Step[]) =>
      some.length >= c.minDepth &&
      cumulatedOf(some) >= c.minSerialShare * whole &&
      longestOf(some) <= c.maxStepShare * whole &&
      cumulatedOf(some) >= c.minCumulatedMs * 1e6;
    const steps = chainAmong(view, realSteps(all, c.minShareOfMean), isChain);
    if (steps === undefined) return NOTHING;
    const cumulated = cumulatedOf(steps);
    const longest = longestOf(steps);
    const first = agentOperation(view, steps[0].row);
    const evidence = [
      count('depth', steps.length),
      ms('cumulated_latency', cumulated),
      ms('longest_step', longest),
      ms('mean_step', cumulated / steps.length),
      ms('possible_saving', cumulated - longest),
      ratio('serial_share', cumulated / whole),
      ratio('longest_step_share', longest / whole),
    ];
    const e = reader(evidence);
    const critic = steps.length >= c.criticalDepth && cumulated >= c.criticalCumulatedMs * 1e6;
    const finding = makeFinding(tenant, {
      kind: 'blocking_chain',
      severity: critic ? 'critical' : 'warning',
      ...first,
      signature: commonOperation(view, steps),
      evidence,
      timeline: timelineOf(view, steps),
      explanation:
        `${number(steps.length)} agents wait for each other, one after the other, from ${first.agent} on: their ` +
        `${inMs(e('mean_step'))} each add up to ${inMs(e('cumulated_latency'))}, ${percent(e('serial_share'))} of the ` +
        `workflow's time. No step is slow (the longest took ${inMs(e('longest_step'))}); their number is.`,
      recommendations: advise(first.agent, evidence),
    });
    return { findings: [finding], facts: [] };
  },
};
