/** `npm run accuracy`: plants a corpus of failures and controls, and writes how well ATI tells them apart. */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import pc from 'picocolors';
import { argument } from '#infra/arguments.ts';
import { UserError } from '#infra/errors.ts';
import { number } from '#infra/format.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { fail } from '#infra/stack/console.ts';
import { DETECTORS } from '#processors/detectors/registry.ts';
import { progressLine } from '../progress-line.ts';
import { WHOLE_CORPUS } from './corpus/tenants.ts';
import { scoreOf } from './judge/score.ts';
import { targetsOf } from './judge/targets.ts';
import { differences } from './report/diff.ts';
import { report } from './report/report.ts';
import { runCorpus } from './run.ts';

interface Options {
  readonly seed: number;
  readonly traces?: number;
  readonly quick?: boolean;
  readonly workers: number;
  readonly out: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

const QUICK = 2_000;
const PAGE = fileURLToPath(new URL('../../docs/accuracy.md', import.meta.url));
const MOST_LINES = 60;

const program = new Command('npm run accuracy --')
  .description(
    `Plants a seeded corpus of ${number(WHOLE_CORPUS)} traces (failures at several strengths, healthy and near-miss controls, disturbed on\n` +
      'their way), runs the pipeline over it in virtual time, and writes how well ATI tells them apart.',
  )
  .option('--seed <n>', 'decides everything that is left to chance', argument(wholeNumber(0, 2 ** 32 - 1)), 1)
  .option('--traces <n>', 'about so many traces instead of all', argument(wholeNumber(1)))
  .option('--quick', `about ${number(QUICK)} traces`)
  .option('--workers <n>', 'worker threads', argument(wholeNumber(1, 64)), availableParallelism())
  .option('--out <file>', 'where the page goes (a smaller corpus goes nowhere by default)', PAGE)
  .option('--check', 'write nothing; fail where the page differs from what this run gives')
  .option('--json', 'the numbers and every mistake as JSON, instead of the page')
  .addHelpText('after', '\nExit code 0 only if every target is met (and, with --check, the page is right).');
program.parse();
const options = program.opts<Options>();

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
  const line = progressLine();
  const outcome = await runCorpus({
    ...corpus,
    workers: options.workers,
    onProgress: (done, of) => line.show(`playing: ${number(done)} of ${number(of)} traces`),
  });
  line.end();
  const score = scoreOf(
    outcome,
    DETECTORS.map(({ kind }) => kind),
  );
  const targets = targetsOf(score, traces === undefined);
  if (options.json) {
    const mistakes = outcome.traces.filter(({ note }) => note !== undefined);
    const { falseIncidents, series } = outcome;
    console.log(JSON.stringify({ ...corpus, targets, score, mistakes, falseIncidents, series }, null, 2));
  }
  const page = report(score, outcome, targets, corpus);
  const isRight =
    options.json || (options.check ? await check(page) : await write(page, traces === undefined));
  const missed = targets.filter(({ met }) => !met);
  if (!options.json)
    for (const { what, wanted, value, met } of targets)
      console.log(`${met ? pc.green('✔') : pc.red('✘')} ${what}: ${Number(value.toFixed(4))} (${wanted})`);
  return isRight && missed.length === 0;
}

/** A smaller corpus is a look, not the page: it is written only where it was asked to. */
async function write(page: string, whole: boolean): Promise<true> {
  const asked = program.getOptionValueSource('out') === 'cli';
  if (!whole && !asked) {
    console.log(page);
    return true;
  }
  await writeFile(resolve(options.out), page);
  console.log(`written: ${relative(process.cwd(), resolve(options.out))}`);
  return true;
}

async function check(page: string): Promise<boolean> {
  const path = resolve(options.out);
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = differences(before, page);
  if (lines.length === 0) return true;
  console.log(pc.red(`${relative(process.cwd(), path)} is not what this run gives:`));
  for (const each of lines.slice(0, MOST_LINES)) console.log(each);
  if (lines.length > MOST_LINES) console.log(`… and ${lines.length - MOST_LINES} more lines`);
  return false;
}
