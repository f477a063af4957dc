import { generateRun } from '#producers/agents/virtual/generate.ts';
import { completed } from '#producers/agents/virtual/parameters.ts';
import type { Scenario } from '../scenario.ts';
import type { VirtualExport } from './span-log.ts';

export interface VirtualRun {
  readonly scenario: Scenario;
  readonly seed: number;
  /** 32 hex digits. */
  readonly traceId: string;
  readonly endUnixMs: number;
  readonly exports: readonly VirtualExport[];
}

/**
 * A scenario's spans without waiting, from the same workflow code that runs live. Each scenario is a mesh of its own: its
 * agents' names start with the scenario's. Throws where its parameters are wrong.
 */
export async function generateVirtualRun(
  scenario: Scenario,
  seed: number,
  startUnixMs: number,
): Promise<VirtualRun> {
  const { traceId, endUnixMs, exports } = await generateRun({
    parameters: completed({ ...scenario.parameters, seed }, seed, scenario.name),
    seed,
    agentPrefix: scenario.name,
    serviceName: `${scenario.name}-agents`,
    startUnixMs,
  });
  return {
    scenario,
    seed,
    traceId,
    endUnixMs,
    exports: exports.map((each) => ({ ...each, traceId })),
  };
}
