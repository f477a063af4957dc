import { parseScenario } from '#producers/agents/agent-app/parameters.ts';
import { generateRun } from '#producers/agents/virtual/generate.ts';
import type { Scenario } from '../scenario.ts';
import type { VirtualExport } from './span-log.ts';

/** TOOL_DELAY_MS as the agents have it by default. */
const TOOL_DELAY_MS = 80;

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
  const parsed = parseScenario(
    { ...scenario.parameters, seed },
    { toolDelayMs: TOOL_DELAY_MS, seed: () => seed },
  );
  if (!parsed.ok) throw new Error(`${scenario.name}: ${parsed.error}`);
  const { traceId, endUnixMs, exports } = await generateRun({
    parameters: parsed.parameters,
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
