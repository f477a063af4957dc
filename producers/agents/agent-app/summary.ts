import { type GroundTruth, groundTruth } from '../truth.ts';
import type { ScenarioParameters } from './parameters.ts';
import type { Run } from './run.ts';

/** Of durations in ms, nearest rank; null where there are none. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export interface RunSummary {
  /** As they were used, the seed included: the same ones give the same run. */
  readonly parameters: ScenarioParameters;
  /** What was planted, worked out from the parameters alone. */
  readonly truth: GroundTruth;
  readonly timings: {
    /** Unix ms. */
    readonly startedAt: number;
    readonly durationMs: number;
    readonly toolCallMs: Spread | null;
    /** Waits for a slot. */
    readonly queueWaitMs: Spread | null;
  };
  readonly toolCalls: number;
  readonly toolErrors: number;
}

/** What the answer to a run says beside its trace id. */
export function summarise(
  run: Run,
  parameters: ScenarioParameters,
  time: { readonly startedAt: number; readonly durationMs: number },
): RunSummary {
  return {
    parameters,
    truth: groundTruth(parameters, { agentPrefix: run.options.agentPrefix }),
    timings: {
      startedAt: time.startedAt,
      durationMs: Math.round(time.durationMs),
      toolCallMs: spread(run.callMs),
      queueWaitMs: spread(run.waitMs),
    },
    toolCalls: run.toolCalls,
    toolErrors: run.toolErrors,
  };
}

/** By nearest rank, to a tenth of a millisecond. */
export function spread(durations: readonly number[]): Spread | null {
  if (durations.length === 0) return null;
  const sorted = Float64Array.from(durations).sort();
  const at = (share: number) =>
    Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}
