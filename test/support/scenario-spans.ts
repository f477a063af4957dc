import { scenario as chain } from '#scenarios/chain.scenario.ts';
import { scenario as fanoutOnEnoughSlots } from '#scenarios/controls/fanout-on-enough-slots.scenario.ts';
import { scenario as fanout } from '#scenarios/fanout.scenario.ts';
import { scenario as retry } from '#scenarios/retry.scenario.ts';
import { generateVirtualRun, type VirtualRun } from '#scenarios/virtual/generate.ts';
import type { ExpectedResults } from './results.ts';

/** Three failing workflows and a healthy one, generated: they have just ended. */
export async function scenarioRuns(seed: number): Promise<{ runs: VirtualRun[]; expected: ExpectedResults }> {
  const scenarios = [fanout, chain, retry, fanoutOnEnoughSlots];
  const startUnixMs = Date.now() - 8_000;
  const runs = await Promise.all(
    scenarios.map((scenario) => generateVirtualRun(scenario, seed, startUnixMs)),
  );
  const spans = runs.flatMap(({ exports }) => exports).reduce((sum, { spanCount }) => sum + spanCount, 0);
  // Each scenario's mesh is its own, so no two of them share an incident.
  const incidents = scenarios.flatMap(({ expects }) => expects).sort();
  return { runs, expected: { spans, traces: runs.length, incidents } };
}
