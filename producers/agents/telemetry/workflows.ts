import { type Context, metrics } from '@opentelemetry/api';
import { emitEvent } from './events.ts';
import { SCOPE } from './scope.ts';

export interface EndedWorkflow {
  readonly scenario: string;
  readonly durationMs: number;
  readonly toolCalls: number;
  readonly toolErrors: number;
  /** Waits for a slot of its pool, ms. */
  readonly waitMs: readonly number[];
  /** `error.type`, when it failed. */
  readonly failure: string | undefined;
  /** Of the root span. */
  readonly context: Context;
}

/** Seconds: those that the GenAI convention advises for workflows, and shorter ones, since ours are. */
const WORKFLOW_BOUNDARIES = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const WAIT_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * What is recorded when a workflow ends: `gen_ai.workflow.duration` (seconds) and the waits for a slot,
 * `ati.pool.wait_time` (seconds; a pool lives shorter than the time from one look at it to the next), and the log record
 * `ati.workflow.ended`.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
 *
 * The SDK must have been started.
 */
export function workflowRecorder(): (ended: EndedWorkflow) => void {
  const meter = metrics.getMeter(SCOPE);
  const duration = meter.createHistogram('gen_ai.workflow.duration', {
    unit: 's',
    description: 'GenAI workflow duration.',
    advice: { explicitBucketBoundaries: WORKFLOW_BOUNDARIES },
  });
  const wait = meter.createHistogram('ati.pool.wait_time', {
    unit: 's',
    description: 'Time from the wish for a slot until it is held.',
    advice: { explicitBucketBoundaries: WAIT_BOUNDARIES },
  });
  return ({ scenario, durationMs, toolCalls, toolErrors, waitMs, failure, context }) => {
    const error = failure !== undefined && { 'error.type': failure };
    duration.record(
      durationMs / 1000,
      { 'gen_ai.workflow.name': scenario, 'ati.scenario': scenario, ...error },
      context,
    );
    for (const ms of waitMs) wait.record(ms / 1000, { 'ati.pool.name': scenario }, context);
    const attributes = {
      'ati.scenario': scenario,
      'ati.workflow.duration_ms': Math.round(durationMs),
      'ati.workflow.tool_calls': toolCalls,
      'ati.workflow.tool_errors': toolErrors,
      ...error,
    };
    emitEvent('ati.workflow.ended', failure === undefined ? 'INFO' : 'WARN', attributes, context);
  };
}
