import { cancel, confirm, isCancel, select, text } from '@clack/prompts';
import { UserError } from '#infra/errors.ts';
import {
  PARAMETER_TABLE,
  type ParameterSpec,
  parseScenario,
  type ScenarioName,
} from '#producers/agents/agent-app/parameters.ts';
import type { Mesh } from '../meshes.ts';
import { OF_WORKFLOWS } from '../registry.ts';

/** What to run, complete. */
export interface Choice {
  readonly mesh: Mesh;
  readonly scenario: ScenarioName;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the flags say already; the rest is asked for, or has its default where there is no terminal. */
export interface Given {
  readonly mesh?: string;
  readonly scenario?: string;
  /** By parameter name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly interactive: boolean;
  /** TOOL_DELAY_MS. */
  readonly toolDelayMs: number;
}

/** undefined when the user cancels. Throws a UserError for what is wrong or missing. */
export async function choose(given: Given, meshes: readonly Mesh[]): Promise<Choice | undefined> {
  const mesh = await chooseMesh(given, meshes);
  const scenario = mesh && (await chooseScenario(given));
  const parameters = scenario && (await chooseParameters(given, scenario));
  if (mesh === undefined || scenario === undefined || parameters === undefined) {
    cancel('Nothing was run.');
    return undefined;
  }
  return { mesh, scenario, parameters };
}

async function chooseMesh({ mesh, interactive }: Given, meshes: readonly Mesh[]): Promise<Mesh | undefined> {
  if (mesh !== undefined || !interactive) return meshes.find(({ name }) => name === (mesh ?? 'first'));
  const chosen = await select({
    message: 'Which mesh?',
    options: meshes.map((each) => ({
      value: each,
      label: each.title,
      hint: `${each.agentUrl}${each.prefix === '' ? '' : `, agents ${each.prefix}-…`}`,
    })),
  });
  return isCancel(chosen) ? undefined : chosen;
}

async function chooseScenario({ scenario, interactive }: Given): Promise<ScenarioName | undefined> {
  const names = OF_WORKFLOWS.map(({ parameters }) => parameters.scenario);
  if (scenario !== undefined) return names.find((name) => name === scenario);
  if (!interactive) throw new UserError(`name a scenario: --scenario ${names.join('|')}`);
  const chosen = await select({
    message: 'Which scenario?',
    options: OF_WORKFLOWS.map(({ parameters, about }) => ({
      value: parameters.scenario,
      label: parameters.scenario.padEnd(8),
      hint: about,
    })),
  });
  return isCancel(chosen) ? undefined : chosen;
}

/** Those of the scenario: given, asked for, or left to the agent app. */
async function chooseParameters(given: Given, scenario: ScenarioName) {
  const specs: Readonly<Record<string, ParameterSpec>> = PARAMETER_TABLE[scenario];
  const values: Record<string, string> = { ...nominal(scenario), ...given.parameters };
  for (const name of Object.keys(given.parameters))
    if (!(name in specs) && name !== 'seed')
      throw new UserError(
        `${scenario} has no parameter ${name}: it has ${[...Object.keys(specs), 'seed'].join(', ')}`,
      );
  if (given.interactive && Object.keys(given.parameters).length === 0) {
    const shown = Object.entries(specs).map(
      ([name, spec]) => `${name} ${values[name] ?? fallback(spec, given, values)}`,
    );
    const asIs = await confirm({ message: `Run it with ${shown.join(', ')}?`, inactive: 'Change' });
    if (isCancel(asIs)) return undefined;
    if (!asIs && !(await askEach(specs, values, given))) return undefined;
  }
  const parsed = parseScenario({ scenario, ...values }, { toolDelayMs: given.toolDelayMs, seed: () => 0 });
  if (!parsed.ok) throw new UserError(parsed.error);
  return values;
}

/** What the scenario's own file runs with: it is there to show something, which the agent app's default may not. */
function nominal(name: ScenarioName): Record<string, string> {
  const { scenario: _, ...parameters } =
    OF_WORKFLOWS.find(({ parameters: p }) => p.scenario === name)?.parameters ?? {};
  return Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, String(value)]));
}

function fallback(
  spec: ParameterSpec,
  { toolDelayMs }: Given,
  values: Readonly<Record<string, string>>,
): string {
  if (spec.fallback === 'TOOL_DELAY_MS') return String(toolDelayMs);
  return typeof spec.fallback === 'string' ? (values[spec.fallback] ?? '10') : String(spec.fallback);
}

/** False when the user cancels. */
async function askEach(
  specs: Readonly<Record<string, ParameterSpec>>,
  values: Record<string, string>,
  given: Given,
): Promise<boolean> {
  for (const [name, spec] of Object.entries(specs)) {
    const answer = await text({
      message: `${name}: ${spec.about} (${spec.least} to ${spec.most})`,
      initialValue: values[name] ?? fallback(spec, given, values),
      validate: (typed) => fault(typed ?? '', spec),
    });
    if (isCancel(answer)) return false;
    values[name] = answer.trim();
  }
  return true;
}

function fault(typed: string, { whole, least, most }: ParameterSpec): string | undefined {
  const value = Number(typed);
  const right = typed.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value));
  return right ? undefined : `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
}
