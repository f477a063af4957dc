/** How deep the critical path is in agents that wait for each other, and whether their number makes the time. */
import { elapsed, number, percent } from '#infra/format.ts';
import type { Measure, TimelineEntry } from '#schemas/events.ts';
import { detector as blockingChain } from '../detectors/blocking-chain.detector.ts';
import { chainAmong } from '../detectors/chain/runs.ts';
import {
  cumulatedOf,
  longestOf,
  realSteps,
  type Step,
  stepCount,
  stepsOf,
} from '../detectors/chain/steps.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, ratio, reader } from '../detectors/measures.ts';
import type { TraceView } from '../trace/view.ts';
import { LONGEST_TIMELINE, makeInsight } from './answer.ts';
import type { InsightRule } from './insight.ts';

/** Fewer agents in a row are an ordinary call. */
const MIN_STEPS = 3;
/** One step above this share of the steps' time is what takes it, however deep the chain. Own choice: most of it. */
const DOMINANT_SHARE = 0.5;
/** What makes a chain is the incident's (design §5), but for its least latency: this is an answer, not an alarm. */
const { minDepth, minSerialShare, maxStepShare, minShareOfMean } = blockingChain.config.parse({});

const agentOf = (view: TraceView, step: Step) => view.strings[view.agent[step.row]];
const longer = (a: Step, b: Step) => (b.time > a.time ? b : a);

/** The steps that count: without those that only pass on, unless one step is so long that the others all look so. */
function countedSteps(all: readonly Step[]): readonly Step[] {
  const real = realSteps(all, minShareOfMean);
  return real.length >= MIN_STEPS ? real : all;
}

function answerOf(
  view: TraceView,
  steps: readonly Step[],
  found: boolean,
  evidence: readonly Measure[],
): string {
  const e = reader(evidence);
  const depth = number(e('depth'));
  const cumulated = elapsed(e('cumulated_latency'));
  const each = `${elapsed(e('mean_step'))} each (the longest ${elapsed(e('longest_step'))})`;
  const share = percent(e('serial_share'));
  const ofSteps = e('longest_step') / e('cumulated_latency');
  if (found)
    return `${depth} agent steps wait for each other from ${agentOf(view, steps[0])} on: ${each} add up to ${cumulated}, ${share} of the workflow's time.`;
  const longest = agentOf(view, steps.reduce(longer));
  const oneStep =
    `No chain: of the ${cumulated} of ${depth} agent steps one after another, one step (${longest}, ` +
    `${elapsed(e('longest_step'))}) makes ${percent(ofSteps)}.`;
  if (ofSteps >= DOMINANT_SHARE) return oneStep;
  if (e('depth') < minDepth)
    return `No long chain: the critical path is ${depth} agent steps deep, ${each}, ${cumulated} in all.`;
  if (e('serial_share') < minSerialShare)
    return `No chain that makes the time: ${depth} agent steps of ${each} add up to ${cumulated}, only ${share} of the workflow's time.`;
  return oneStep;
}

/** The steps in order; of very many the longest. */
function timelineOf(view: TraceView, steps: readonly Step[]): TimelineEntry[] {
  const longest = steps.reduce(longer);
  return steps
    .map((step, index) => ({ step, label: `${agentOf(view, step)} (step ${index + 1})` }))
    .sort((a, b) => b.step.time - a.step.time || a.step.row - b.step.row)
    .slice(0, LONGEST_TIMELINE)
    .map(({ step, label }) =>
      entry(label, step.start, step.start + step.time, step === longest ? 'longest step' : 'ok'),
    );
}

export const chain: InsightRule = {
  kind: 'chain',
  look({ view, critical }) {
    if (stepCount(view) < MIN_STEPS) return undefined;
    const { steps: all, whole } = stepsOf(view, critical);
    if (all.length < MIN_STEPS) return undefined;
    const counted = countedSteps(all);
    const isChain = (some: readonly Step[]) =>
      some.length >= minDepth &&
      cumulatedOf(some) >= minSerialShare * whole &&
      longestOf(some) <= maxStepShare * whole;
    const run = chainAmong(view, counted, isChain);
    const found = run !== undefined;
    const steps = run ?? counted;
    const cumulated = cumulatedOf(steps);
    const longest = longestOf(steps);
    const evidence = [
      count('depth', steps.length),
      ms('cumulated_latency', cumulated),
      ms('longest_step', longest),
      ms('mean_step', cumulated / steps.length),
      ratio('serial_share', cumulated / whole),
    ];
    return makeInsight(view, steps[0].row, {
      kind: 'chain',
      found,
      answer: answerOf(view, steps, found, evidence),
      evidence,
      timeline: timelineOf(view, steps),
    });
  },
};
