import { verdictOf } from '../judge/read-back.ts';
import { runLive } from '../live/run.ts';
import type { Scenario } from '../scenario.ts';
import type { Outcome } from './outcome.ts';

export interface LiveOptions {
  readonly agentUrl: string;
  readonly apiUrl: string;
  /** Prefix of the mesh's agents (AGENT_NAME). */
  readonly mesh: string;
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly number[];
  readonly onProgress: (text: string) => void;
}

/** From a run's end to its incident: export, quiet gap, tick of idle partitions, sink. */
const DEADLINE_MS = 30_000;

/** Runs every scenario with every seed on the agent app, one after the other, and compares ATI's answer with the truth. */
export async function playLive(options: LiveOptions): Promise<Outcome[]> {
  const { scenarios, seeds, agentUrl, apiUrl, mesh, onProgress } = options;
  const total = scenarios.length * seeds.length;
  const played: { scenario: Scenario; seed: number; traceId: string }[] = [];
  for (const seed of seeds)
    for (const scenario of scenarios) {
      onProgress(`running: ${played.length + 1} of ${total}, ${scenario.name} with seed ${seed}`);
      const { traceId } = await runLive(agentUrl, scenario, seed);
      played.push({ scenario, seed, traceId });
    }
  const outcomes = new Map<Scenario, Outcome['runs'][number][]>();
  // The last first: by then the answers about what ran before it are there.
  for (const { scenario, seed, traceId } of played.toReversed()) {
    const verdict = await verdictOf(apiUrl, { scenario, traceId, mesh }, DEADLINE_MS);
    outcomes.set(scenario, [{ seed, traceId, verdict }, ...(outcomes.get(scenario) ?? [])]);
    onProgress(`asking ATI: ${[...outcomes.values()].flat().length} of ${total}`);
  }
  return scenarios.map((scenario) => ({ scenario, runs: outcomes.get(scenario) ?? [], faults: [] }));
}
