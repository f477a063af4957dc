/** `npm run accuracy`: plants a corpus of failures and controls, and writes how well ATI tells them apart. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { argument } from '#infra/arguments.ts';
import { colours } from '#infra/colours.ts';
import { UserError } from '#infra/errors.ts';
import { number } from '#infra/format.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { fail } from '#infra/stack/console.ts';
import { DETECTORS } from '#processors/detectors/registry.ts';
import { WHOLE_CORPUS } from './corpus/tenants.ts';
import { scoreOf } from './judge/score.ts';
import { type Target, targetsOf } from './judge/targets.ts';
import { type PageResult, pageTask } from './page.ts';
import { corpusProgress } from './progress.ts';
import { commandOf, report } from './report/report.ts';
import { runCorpus } from './run.ts';

interface Options {
  readonly seed: number;
  readonly traces?: number;
  readonly quick?: boolean;
  readonly workers: number;
  readonly out?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

const QUICK = 2_000;
const PAGE = fileURLToPath(new URL('../../docs/accuracy.md', import.meta.url));

const program = new Command('npm run accuracy --')
  .description(
    `Plants a seeded corpus of ${number(WHOLE_CORPUS)} traces (failures at several strengths, healthy and near-miss controls, ` +
      'disturbed on their way), runs the pipeline over it in virtual time, and writes how well ATI tells them apart. ' +
      'The whole corpus takes about two minutes of one processor, --quick a tenth of that.',
  )
  .option('--seed <n>', 'decides everything that is left to chance', argument(wholeNumber(0, 2 ** 32 - 1)), 1)
  .option('--traces <n>', 'about so many traces instead of all', argument(wholeNumber(1)))
  .option('--quick', `the same as --traces ${QUICK}`)
  .option('--workers <n>', 'worker threads', argument(wholeNumber(1, 64)), availableParallelism())
  .option(
    '--out <file>',
    'where the page goes (default: docs/accuracy.md; of a smaller corpus it is only printed)',
  )
  .option(
    '--check',
    'write nothing; fail where docs/accuracy.md (or --out) is not what this run gives (with a smaller corpus and no --out: targets only)',
  )
  .option('--json', 'the numbers and every mistake as JSON on standard output, instead of the page')
  .addHelpText(
    'after',
    '\nExit code 0 only if every target is met and, with --check, the page is right.\nThe last line says why it is not 0.',
  );
program.parse();
const options = program.opts<Options>();
/** What is for people: beside JSON it is not on standard output. */
const say = options.json ? console.error : console.log;

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  fail(error);
}

async function main(): Promise<boolean> {
  if (options.quick && options.traces !== undefined)
    throw new UserError('--quick and --traces exclude each other');
  const traces = options.quick ? QUICK : options.traces;
  const corpus = { seed: options.seed, ...(traces !== undefined && { traces }) };
  const task = await pageTask({
    ...(options.out !== undefined && { out: options.out }),
    page: PAGE,
    whole: traces === undefined,
    check: options.check ?? false,
    json: options.json ?? false,
    command: commandOf(corpus),
  });
  const progress = corpusProgress();
  const outcome = await runCorpus({ ...corpus, workers: options.workers, onProgress: progress.show });
  progress.end();
  const kinds = DETECTORS.map(({ kind }) => kind);
  const score = scoreOf(outcome, kinds);
  const targets = targetsOf(score, traces === undefined);
  if (options.json) {
    const mistakes = outcome.traces.filter(({ note }) => note !== undefined);
    const { falseIncidents, series } = outcome;
    console.log(JSON.stringify({ ...corpus, targets, score, mistakes, falseIncidents, series }, null, 2));
  }
  return tell(await task(report(score, outcome, targets, corpus)), targets);
}

/** The last line says why the run failed. */
function tell(page: PageResult, targets: readonly Target[]): boolean {
  for (const line of page.lines) say(line);
  for (const { what, wanted, value, met } of targets)
    say(`${met ? colours.green('✔') : colours.red('✘')} ${what}: ${Number(value.toFixed(4))} (${wanted})`);
  const missed = targets.filter(({ met }) => !met);
  const of =
    missed.length === 0 ? 'every target is met' : `missed: ${missed.map(({ what }) => what).join('; ')}`;
  const isRight = page.right && missed.length === 0;
  say(isRight ? colours.green(`Passed: ${of}; ${page.told}.`) : colours.red(`Failed: ${page.told}; ${of}.`));
  return isRight;
}
