import { context } from '@opentelemetry/api';
import { errorTypeOf } from '../telemetry/spans.ts';
import type { EndedWorkflow } from '../telemetry/workflows.ts';
import type { ScenarioParameters } from './parameters.ts';
import { type Played, playScenario, type RunEvent } from './play.ts';
import type { Run } from './run.ts';

/** Plays a scenario and records its end, whole or failed, in the context of its root span. */
export async function playRecorded(
  run: Run,
  parameters: ScenarioParameters,
  record: (ended: EndedWorkflow) => void,
  emit: (event: RunEvent) => void = () => {},
): Promise<Played> {
  const started = performance.now();
  let root = context.active();
  const ended = (failure?: string) =>
    record({
      scenario: parameters.scenario,
      durationMs: performance.now() - started,
      toolCalls: run.toolCalls,
      toolErrors: run.toolErrors,
      waitMs: run.waitMs,
      failure,
      context: root,
    });
  try {
    const played = await playScenario(run, parameters, (event) => {
      // It comes inside the root span.
      if ('traceId' in event) root = context.active();
      emit(event);
    });
    ended();
    return played;
  } catch (error) {
    ended(errorTypeOf(error));
    throw error;
  }
}
