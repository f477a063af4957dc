/** `./generate_scenarios.sh`: pick a mesh, a scenario and its parameters, run it, watch its incident arrive. */
import { confirm, intro, isCancel, log, note, outro } from '@clack/prompts';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { type Config, readConfig } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import { messageOf } from '#infra/errors.ts';
import { fail } from '#infra/stack/console.ts';
import { SCENARIOS as NAMES, PARAMETER_TABLE } from '#producers/agents/agent-app/parameters.ts';
import { type LiveRun, runLive } from '../live/run.ts';
import { meshesOf } from '../meshes.ts';
import { SCENARIOS } from '../registry.ts';
import { endpointOf, type Scenario } from '../scenario.ts';
import { type Choice, choose } from './ask.ts';
import { reportLines } from './report.ts';
import { watchTrace } from './watch.ts';

/** Export, quiet gap (6 s by default), tick of idle partitions, sink. */
const DEADLINE_MS = 45_000;

const program = new Command('./generate_scenarios.sh')
  .description(
    'Runs a workflow on a running installation (npm start) and shows what ATI makes of it. Asks for what no flag says;\n' +
      'without a terminal, or with --yes, defaults stand in.',
  )
  .addOption(new Option('--mesh <name>', 'whose agents').choices(['first', 'second']))
  .addOption(new Option('--scenario <name>', 'which workflow').choices([...NAMES]))
  .option('--seed <n>', 'repeats a run: which calls fail, which one is slow')
  .option('-y, --yes', 'ask nothing');
for (const [name, about] of parameterFlags()) program.option(`--${flagOf(name)} <n>`, about);
program.addHelpText(
  'after',
  '\nExample: ./generate_scenarios.sh --mesh second --scenario fanout --fanout 200 --yes',
);
program.parse();
const options = program.opts<{ mesh?: string; scenario?: string; yes?: boolean } & Record<string, string>>();
const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true && !options.yes;

try {
  const read = readConfig(process.env);
  if (!read.ok) {
    console.error(read.message);
    process.exit(2);
  }
  intro(pc.bold('ATI: run a workflow, watch its incident arrive'));
  let right = true;
  for (;;) {
    const choice = await choose(given(read.config), meshesOf(read.config));
    if (choice === undefined) process.exit(130);
    right = await play(choice, read.config);
    if (!interactive || options.scenario !== undefined) break;
    const again = await confirm({ message: 'Another one?' });
    if (isCancel(again) || !again) break;
  }
  outro(right ? 'Done.' : pc.red('Not as planted.'));
  process.exit(right ? 0 : 1);
} catch (error) {
  fail(error);
}

/** Every parameter of every scenario, once, with the scenarios that have it. */
function parameterFlags(): [name: string, about: string][] {
  const flags = new Map<string, string>();
  for (const name of NAMES)
    for (const [parameter, { about }] of Object.entries(PARAMETER_TABLE[name])) {
      const known = flags.get(parameter);
      flags.set(parameter, known === undefined ? `${name}: ${about}` : `${name}, ${known}`);
    }
  return [...flags];
}

function flagOf(parameter: string): string {
  return parameter.replaceAll('_', '-');
}

function given(config: Config) {
  const parameters: Record<string, string> = {};
  for (const [name] of [...parameterFlags(), ['seed'] as const]) {
    const option = flagOf(name).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const value = options[option];
    if (value !== undefined) parameters[name] = value;
  }
  return {
    ...(options.mesh !== undefined && { mesh: options.mesh }),
    ...(options.scenario !== undefined && { scenario: options.scenario }),
    parameters,
    interactive,
    toolDelayMs: config.TOOL_DELAY_MS,
  };
}

/** True when ATI found what was planted. */
async function play({ mesh, scenario: name, parameters }: Choice, config: Config): Promise<boolean> {
  const base = SCENARIOS.find((each) => each.parameters.scenario === name);
  if (base === undefined) throw new Error(`no scenario file for ${name}`);
  const scenario: Scenario = { ...base, parameters: { scenario: name, ...parameters }, live: {} };
  const api = urlOf(config, config.ATI_API_PORT);
  const query = new URLSearchParams({ ...(name !== 'stream' && { scenario: name }), ...parameters });
  log.step(`curl '${mesh.agentUrl}${endpointOf(scenario)}?${query}'`);
  const started = performance.now();
  const at = () => `+${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(8);
  log.message(`${at()}  ${name} on the ${mesh.title} is running`, { spacing: 0 });
  let run: LiveRun;
  try {
    run = await runLive(mesh.agentUrl, scenario);
  } catch (error) {
    log.error(`${messageOf(error)}: is ATI running? npm start, or ATI_AGENT_PORT and ATI_HOST say where`);
    return false;
  }
  log.message(`${at()}  the workflow has ended: ${run.toolCalls} tool calls, ${run.toolErrors} failed`, {
    spacing: 0,
  });
  const watched = await watchTrace({
    api,
    traceId: run.traceId,
    deadlineMs: DEADLINE_MS,
    onEvent: (text) => log.message(`${at()}  ${text}`, { spacing: 0 }),
  });
  if (watched === undefined) {
    log.error(
      `trace ${run.traceId} did not close within ${DEADLINE_MS / 1000} s: ./sanity_check.sh says what is wrong`,
    );
    return false;
  }
  const report = reportLines(run, watched, api);
  note(report.lines.join('\n'), 'What ATI says', { format: (line) => line });
  return report.right;
}
