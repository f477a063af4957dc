import type { ChainParameters } from '../agent-app/parameters.ts';
import type { GroundTruth, PlantedFailure } from '../truth.ts';
import { agentOf, callMs, type Mesh } from './ideal.ts';

/** The write and fsync of the checkpoint at the end: all of the workflow that is no agent's step. */
const CHECKPOINT_MS = 3;

/** Fewer agents in a row are an ordinary call: nobody asks how deep they are. */
const FEWEST_STEPS = 3;

/**
 * Blocking chain (design §5): at least 20 dependent steps that make up 0.8 of the time, none above 20 % of the whole,
 * together a second or more.
 */
export function chainTruth({ depth, delay_ms }: ChainParameters, mesh: Mesh): GroundTruth {
  const step = callMs(delay_ms);
  const cumulated = depth * step;
  const serialShare = cumulated / (cumulated + CHECKPOINT_MS);
  const numbers = { depth, cumulated_latency: cumulated, longest_step: step, serial_share: serialShare };
  // Many small steps make the time, whether or not it is long enough to be a failure.
  const isChain = depth >= 20 && serialShare >= 0.8 && step <= 0.2 * cumulated;
  const chain: PlantedFailure = {
    kind: 'blocking_chain',
    agent: agentOf(mesh, 'agent-1'),
    callee: agentOf(mesh, 'agent-2'),
    numbers,
  };
  return {
    failures: isChain && cumulated >= 1000 ? [chain] : [],
    insights:
      depth < FEWEST_STEPS
        ? []
        : [{ kind: 'chain', found: isChain, numbers: { depth, cumulated_latency: cumulated } }],
  };
}
