/** `./sanity_check.sh`: is a running installation healthy, and does it find what it must? A line for each check. */
import { Command, Option } from 'commander';
import { argument } from '#infra/arguments.ts';
import { colours } from '#infra/colours.ts';
import { readConfig } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { fail } from '#infra/stack/console.ts';
import { meshesOf } from '../meshes.ts';
import { type CheckResult, check } from './check.ts';
import { serviceChecks } from './services.ts';
import { checkWorkflows } from './workflows.ts';

const program = new Command('./sanity_check.sh')
  .description(
    'Checks a running installation: every service healthy, one run of each scenario on each mesh, its trace arrived,\n' +
      'its incidents as expected. The same variables as for npm start say where it is.',
  )
  .addOption(new Option('--mesh <name>', 'which agents').choices(['first', 'second', 'all']).default('all'))
  .option('--no-runs', 'only the services')
  .option('--seed <n>', 'which tool calls fail', argument(wholeNumber(0)), 1)
  .addHelpText('after', '\nExit code 0 only if every check passed.');
program.parse();
const options = program.opts<{ mesh: 'first' | 'second' | 'all'; runs: boolean; seed: number }>();

const NAME_WIDTH = 24;
const MARKS = { ok: colours.green('ok  '), failed: colours.red('FAIL'), skipped: colours.yellow('skip') };
const results: CheckResult[] = [];

try {
  const read = readConfig(process.env);
  if (!read.ok) {
    console.error(read.message);
    process.exit(2);
  }
  const { config } = read;
  const meshes = meshesOf(config).filter(({ name }) => options.mesh === 'all' || options.mesh === name);
  console.log(colours.bold('Services'));
  for (const { name, look } of serviceChecks(config, meshes)) show(await check(name, look));
  if (options.runs) {
    console.log(colours.bold(`Workflows (about 30 s)`));
    const down = results.filter(({ state }) => state === 'failed').map(({ name }) => name);
    if (down.length > 0)
      show({ name: 'all', state: 'skipped', detail: `${down.join(', ')} must be healthy first` });
    else {
      const api = urlOf(config, config.ATI_API_PORT);
      await Promise.all(meshes.map((mesh) => checkWorkflows(mesh, api, options.seed, show)));
    }
  }
  const count = (state: CheckResult['state']) => results.filter((result) => result.state === state).length;
  const failed = count('failed');
  const line = `${count('ok')} ok, ${failed} failed, ${count('skipped')} skipped`;
  console.log(failed === 0 ? colours.green(line) : colours.red(line));
  process.exit(failed === 0 ? 0 : 1);
} catch (error) {
  fail(error);
}

function show(result: CheckResult): void {
  results.push(result);
  console.log(`  ${MARKS[result.state]}  ${result.name.padEnd(NAME_WIDTH)} ${result.detail}`);
}
