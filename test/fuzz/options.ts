/** What `npm run fuzz` takes. */
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { argument } from '#infra/arguments.ts';
import { wholeNumber } from '#infra/numbers.ts';

export interface Options {
  readonly minutes: number;
  readonly targets: readonly string[];
  readonly seed: number;
  readonly jobs: number;
  readonly list: boolean;
  /** A file of `crashers/TARGET/`. */
  readonly replay: string | undefined;
  /** Crashers are written there, and not kept beside the tests. */
  readonly out: string | undefined;
}

function minutes(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1_440) return value;
  throw new InvalidArgumentError('must be a number of minutes above 0');
}

/** Throws CommanderError after it has printed help, or what is wrong. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command('npm run fuzz --')
    .description(
      'Feeds inputs that no test has thought of to every door of ATI, guided by the code that they reach, and keeps ' +
        'the smallest input that breaks something.',
    )
    .option('--minutes <n>', 'how long in all, over all targets', minutes, 10)
    .option(
      '--target <name>',
      'only this one (may be repeated)',
      (name: string, all: readonly string[]) => [...all, name],
      [] as readonly string[],
    )
    .option('--seed <n>', 'where chance begins', argument(wholeNumber(0, 2 ** 32 - 1)), 1)
    .option(
      '--jobs <n>',
      'targets at once',
      argument(wholeNumber(1, 64)),
      Math.min(4, availableParallelism()),
    )
    .option('--list', 'show the targets and what must hold for each')
    .option('--replay <file>', 'run one kept input: test/fuzz/crashers/TARGET/NAME.bin')
    .option('--out <folder>', 'where crashers go (default: test/fuzz/crashers, which npm test runs)')
    .addHelpText(
      'after',
      '\nExit code:\n  0  nothing broke\n  1  something did: its input is kept, and the command that replays it is printed\n  2  wrong options',
    )
    .exitOverride()
    .parse(argv, { from: 'user' });
  const given = program.opts<{
    minutes: number;
    target: readonly string[];
    seed: number;
    jobs: number;
    list?: boolean;
    replay?: string;
    out?: string;
  }>();
  const { target, list = false, replay, out, ...rest } = given;
  return { ...rest, targets: target, list, replay, out };
}
