/** `node test/crash-points/main.ts`: the crash points of more seeds, and more pairs, than the tests take time for. */
import { Command } from 'commander';
import { argument } from '#infra/arguments.ts';
import { number } from '#infra/format.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { fail } from '#infra/stack/console.ts';
import { progressLine } from '#scenarios/progress-line.ts';
import { bugs, crashes, type Dirty, pairs, stalls, sweepThrough, toldOf } from './sweep.ts';

const program = new Command('node test/crash-points/main.ts')
  .description(
    'Runs the processor and the sink on a model of Kafka and ClickHouse in virtual time, disturbs each run at another ' +
      'point, and compares topics and tables with the undisturbed run, byte for byte.',
  )
  .option('--seed <n>', 'the first seed', argument(wholeNumber(1, 1e6)), 1)
  .option('--seeds <n>', 'how many, from the first on', argument(wholeNumber(1, 1e4)), 3)
  .option('--pairs <n>', 'pairs at random, for each seed', argument(wholeNumber(0, 1e5)), 200)
  .addHelpText(
    'after',
    '\nExit code 0 only if every point is clean. Some 2,000 points a minute of one processor.',
  );
program.parse();
const { seed: first, seeds, pairs: count } = program.opts<{ seed: number; seeds: number; pairs: number }>();

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  fail(error);
}

async function main(): Promise<boolean> {
  const line = progressLine();
  const began = performance.now();
  const dirty: Dirty[] = [];
  let points = 0;
  for (let seed = first; seed < first + seeds; seed++)
    for (const sweep of [crashes(seed), stalls(seed), bugs(seed), pairs(seed, count)]) {
      let done = 0;
      const swept = await sweepThrough(sweep, () => {
        line.show(`seed ${seed}, ${sweep.name}: ${number(++done)}`);
      });
      points += swept.plans;
      dirty.push(...swept.dirty);
      line.end();
      for (const each of swept.dirty) console.log(toldOf(each));
    }
  const minutes = (performance.now() - began) / 60_000;
  console.log(`${number(Math.round(points / minutes))} points a minute`);
  console.log(
    `${dirty.length === 0 ? 'pass' : 'fail'}: crash points: ${number(points - dirty.length)} of ${number(points)} clean`,
  );
  return dirty.length === 0;
}
