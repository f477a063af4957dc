import { readdirSync } from 'node:fs';
import { SCENARIOS as WORKFLOWS } from '#producers/agents/agent-app/parameters.ts';
import type { Scenario } from './scenario.ts';

const SUFFIX = '.scenario.ts';

/** The `scenario` of each NAME.scenario.ts in a folder: by workflow in the agent app's order, then by file name. */
async function findScenarios(folder: string): Promise<Scenario[]> {
  const place = new URL(folder, import.meta.url);
  const files = readdirSync(place).filter((file) => file.endsWith(SUFFIX));
  const scenarios = await Promise.all(
    files.sort().map(async (file) => {
      const { scenario } = (await import(new URL(file, place).href)) as { scenario?: Scenario };
      if (scenario === undefined) throw new Error(`scenarios/${file} must export \`scenario\``);
      return scenario;
    }),
  );
  const order = (scenario: Scenario) => WORKFLOWS.indexOf(scenario.parameters.scenario);
  return scenarios.sort((a, b) => order(a) - order(b));
}

/** The eight workflows of the agent app, each with what goes wrong in it, and further failures that they can play. */
export const SCENARIOS: readonly Scenario[] = await findScenarios('./');

/** Of each workflow the scenario that bears its name: what it shows at first. */
export const OF_WORKFLOWS: readonly Scenario[] = SCENARIOS.filter(
  ({ name, parameters }) => name === parameters.scenario,
);

/** Healthy versions and near misses of each: nothing may be found in them. */
export const CONTROLS: readonly Scenario[] = await findScenarios('./controls/');

export const ALL_SCENARIOS: readonly Scenario[] = [...SCENARIOS, ...CONTROLS];
