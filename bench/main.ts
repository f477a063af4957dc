/** `npm run bench`: ATI and its peers side by side, in ratios that hold on any machine. */
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { argument } from '#infra/arguments.ts';
import { colours } from '#infra/colours.ts';
import { messageOf, UserError } from '#infra/errors.ts';
import { plural } from '#infra/format.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { progressLine } from '../scenarios/progress-line.ts';
import { faults, readBaselines, saveBaselines } from './harness/baselines.ts';
import type { BenchCase } from './harness/case.ts';
import { findCases } from './harness/cases.ts';
import { picture } from './harness/picture.ts';
import { page, section } from './harness/report.ts';
import { type CaseRun, readRuns, withRun, writeRuns } from './harness/results.ts';
import { runCase } from './harness/run.ts';

interface Options {
  readonly case: readonly string[];
  readonly rounds?: number;
  readonly quick: boolean;
  readonly broker: 'embedded' | 'kafka';
  readonly saveBaseline: boolean;
  readonly list: boolean;
}

const QUICK_ROUNDS = 2;
const ROUNDS = 7;

const program = new Command('npm run bench --')
  .description(
    'Measures ATI against its peers: fresh processes in interleaved rounds, equal outputs first, CPU time of each process. ' +
      'Writes bench/RESULTS.md and bench/results.svg, and fails where a ratio misses its promise or leaves the band of its ' +
      'baseline.',
  )
  .option('--case <name>', 'only this one; may be given again', collect, [])
  .option(
    '--rounds <n>',
    `interleaved rounds (default: ${ROUNDS}, quick ${QUICK_ROUNDS})`,
    argument(wholeNumber(1, 99)),
  )
  .option('--quick', 'the quick cases, small: against their baselines only, writes nothing', false)
  .addOption(
    new Option('--broker <kind>', 'kafka: a real Apache Kafka (Java 17, Maven)')
      .choices(['embedded', 'kafka'])
      .default('embedded'),
  )
  .option('--save-baseline', 'the ratios of this run become the baselines (bench/baselines/CASE.json)', false)
  .option('--list', 'the cases, and what each measures', false)
  .addHelpText(
    'after',
    '\nExit code 0 only if every ratio keeps what is promised. How it is measured: bench/README.md',
  );
program.parse();
const options = program.opts<Options>();
const kind = options.quick ? 'quick' : 'full';
// Children die with us: reaper.ts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

try {
  process.exitCode = await bench();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(colours.red(error.message));
  process.exitCode = 1;
}

function collect(name: string, before: readonly string[]): readonly string[] {
  return [...before, name];
}

async function bench(): Promise<number> {
  const found = await findCases(options.case);
  if (options.list) {
    for (const each of found)
      console.log(`${each.name.padEnd(14)}${each.quick ? 'quick  ' : '       '}${each.about}`);
    return 0;
  }
  const wrong: string[] = [];
  const cases = options.case.length > 0 ? found : found.filter((each) => each.quick || !options.quick);
  for (const each of cases) wrong.push(...(await measured(each)));
  for (const line of wrong) console.error(colours.red(line));
  console.log(
    wrong.length === 0
      ? colours.green(`pass: ${plural(cases.length, 'case')}, no finding`)
      : colours.red(`fail: ${plural(wrong.length, 'finding')}`),
  );
  return wrong.length === 0 ? 0 : 1;
}

/** Runs a case and keeps what it found; returns what is wrong with it. */
async function measured(each: BenchCase): Promise<string[]> {
  const line = progressLine();
  const rounds = options.rounds ?? (options.quick ? QUICK_ROUNDS : ROUNDS);
  const { quick, broker } = options;
  const progress = (text: string) => line.show(`${each.name}, ${text}`);
  let run: CaseRun;
  try {
    run = await runCase(each, { rounds, quick, broker, progress, command: commandOf(each, rounds) });
  } catch (error) {
    return [`${each.name}: ${error instanceof UserError ? messageOf(error) : stackOf(error)}`];
  } finally {
    line.end();
  }
  console.log(section(run));
  if (!quick) await keep(run);
  const { ratios } = run.result;
  if (options.saveBaseline) await saveBaselines(each.name, kind, ratios);
  return faults(ratios, await readBaselines(each.name), kind).map((fault) => `${each.name}: ${fault}`);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function keep(run: CaseRun): Promise<void> {
  const runs = withRun(await readRuns(), run);
  await writeRuns(runs);
  await writeFile(new URL('./RESULTS.md', import.meta.url), page(runs));
  await writeFile(new URL('./results.svg', import.meta.url), picture(runs));
}

function commandOf(each: BenchCase, rounds: number): string {
  const broker = options.broker === 'kafka' ? ' --broker kafka' : '';
  return `npm run bench -- --case ${each.name} --rounds ${rounds}${options.quick ? ' --quick' : ''}${broker}`;
}
