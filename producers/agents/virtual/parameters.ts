import { parseScenario, type ScenarioParameters } from '../agent-app/parameters.ts';

/** TOOL_DELAY_MS as the agents have it by default. */
const TOOL_DELAY_MS = 80;

/**
 * Parameters of a run to be generated, completed as the agent app does with its defaults; `seed` where the values name
 * none. Throws, with `name`, where they are wrong: a fault of whoever wrote them down.
 */
export function completed(
  values: Readonly<Record<string, unknown>>,
  seed = 0,
  name = String(values.scenario),
): ScenarioParameters {
  const parsed = parseScenario(values, { toolDelayMs: TOOL_DELAY_MS, seed: () => seed });
  if (!parsed.ok) throw new Error(`${name}: ${parsed.error}`);
  return parsed.parameters;
}
