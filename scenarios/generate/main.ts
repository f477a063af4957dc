/** `./generate_scenarios.sh`: pick a mesh, a scenario and its parameters, run it, watch its incident arrive. */
import { confirm, intro, isCancel, outro } from '@clack/prompts';
import { Command, Option } from 'commander';
import { colours } from '#infra/colours.ts';
import { type Config, readConfig } from '#infra/config.ts';
import { fail } from '#infra/stack/console.ts';
import { SCENARIOS as NAMES, PARAMETER_TABLE } from '#producers/agents/agent-app/parameters.ts';
import { meshesOf } from '../meshes.ts';
import { choose } from './ask.ts';
import { type PlayOutcome, play } from './play.ts';

const TITLE = colours.bold('ATI: run a workflow, watch its incident arrive');
const LAST_WORDS: Readonly<Record<PlayOutcome, string>> = {
  right: 'Done.',
  wrong: colours.red('Not as planted.'),
  unchecked: colours.red('It could not be checked.'),
};

const program = new Command('./generate_scenarios.sh')
  .description(
    'Runs a workflow on a running installation (npm start) and shows what ATI makes of it. Asks for what no flag says;\n' +
      "without a terminal, or with --yes, the scenario's own values stand in (stream: 150 background calls).",
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
  let outcome: PlayOutcome = 'right';
  if (interactive) intro(TITLE);
  for (;;) {
    const choice = await choose(given(read.config), meshesOf(read.config));
    if (choice === undefined) process.exit(130);
    if (!interactive) intro(TITLE);
    outcome = await play(choice, read.config);
    if (!interactive || options.scenario !== undefined) break;
    const again = await confirm({ message: 'Another one?' });
    if (isCancel(again) || !again) break;
  }
  outro(LAST_WORDS[outcome]);
  process.exit(outcome === 'right' ? 0 : 1);
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
