import type { ScenarioParameters } from './parameters.ts';
import type { Run } from './run.ts';
import { runChain } from './workflows/chain.ts';
import { runDag } from './workflows/dag.ts';
import { runFanout } from './workflows/fanout.ts';
import { runHuman } from './workflows/human.ts';
import { runRag } from './workflows/rag.ts';
import { runReact } from './workflows/react.ts';
import { runRetry } from './workflows/retry.ts';
import { runStream } from './workflows/stream.ts';

/** What a run tells while it goes on: its trace id first, then each chunk of a stream (from 0). */
export type RunEvent = { readonly traceId: string } | { readonly chunk: number };

export interface Played {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Of a stream. */
  readonly chunks?: number;
}

/** Plays a scenario from its root span to its last checkpoint, in whatever world the run has. */
export function playScenario(
  run: Run,
  parameters: ScenarioParameters,
  emit: (event: RunEvent) => void = () => {},
): Promise<Played> {
  return run.workflow(parameters.scenario, async ({ traceId }) => {
    emit({ traceId });
    if (parameters.scenario === 'stream')
      return { traceId, chunks: await runStream(run, parameters, (chunk) => emit({ chunk })) };
    await workflowOf(run, parameters);
    return { traceId };
  });
}

function workflowOf(
  run: Run,
  parameters: Exclude<ScenarioParameters, { scenario: 'stream' }>,
): Promise<void> {
  switch (parameters.scenario) {
    case 'fanout':
      return runFanout(run, parameters);
    case 'chain':
      return runChain(run, parameters);
    case 'retry':
      return runRetry(run, parameters);
    case 'dag':
      return runDag(run, parameters);
    case 'react':
      return runReact(run, parameters);
    case 'human':
      return runHuman(run, parameters);
    case 'rag':
      return runRag(run, parameters);
  }
}
