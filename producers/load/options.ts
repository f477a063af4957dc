import { Command, InvalidArgumentError, Option } from 'commander';
import { argument } from '#infra/arguments.ts';
import { wholeNumber } from '#infra/numbers.ts';

export interface Options {
  readonly profile: string;
  readonly list?: boolean;
  readonly seed: number;
  readonly duration?: number;
  readonly mesh: 'first' | 'second' | 'both';
  readonly agent: readonly string[];
  readonly api?: string;
  readonly allowRemote?: boolean;
  readonly readBack: boolean;
  readonly json?: boolean;
}

const positive = (text: string) => {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('must be a number above 0');
  return value;
};
const seed = argument(wholeNumber(0, 2 ** 32 - 1));
const url = (text: string) => {
  if (!/^https?:/.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('must be a URL: http://127.0.0.1:8001');
  return text;
};

/** Reads the command line (without node and file); ends the process where it is wrong, or asks for help. */
export function parseOptions(args: readonly string[]): Options {
  const program = new Command('npm run load --')
    .argument('[profile]', 'name of a profile (--list) or path of a file like them', 'mix')
    .description(
      'Runs many workflows on running agents (npm start) and shows latencies, errors and what ATI found.',
    )
    .option('--list', 'show the profiles')
    .option('--seed <n>', 'which workflows come when, and which calls fail', seed, 1)
    .option('--duration <s>', 'instead of the profile’s', positive)
    .addOption(
      new Option('--mesh <name>', 'whose agents').choices(['first', 'second', 'both']).default('first'),
    )
    .option(
      '--agent <url>',
      'agent apps instead, in turn (may be repeated)',
      (text, all: readonly string[]) => [...all, text],
      [],
    )
    .option('--api <url>', 'the query API that hears of them; default: this installation’s', url)
    .option('--allow-remote', 'let a target be another machine than this one')
    .option('--no-read-back', 'do not ask ATI about the traces afterwards')
    .option('--json', 'the summary as JSON, and nothing else on standard output')
    .addHelpText(
      'after',
      '\nExit code 0 only if every workflow ended well, its trace arrived, and every planted failure was found.\n' +
        'Stops by itself; Ctrl-C ends the arrivals and waits for what runs, twice gives up what runs.',
    );
  program.parse([...args], { from: 'user' });
  return { profile: program.args[0] ?? 'mix', ...program.opts<Omit<Options, 'profile'>>() };
}
