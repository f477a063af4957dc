/** What `npm run dead-letters` takes. */
import { Command, InvalidArgumentError } from 'commander';
import { argument } from '#infra/arguments.ts';
import { wholeNumber } from '#infra/numbers.ts';
import { timePoint } from '../replay/time.ts';
import type { Filter } from './filter.ts';

export interface InspectOptions {
  readonly filter: Filter;
  readonly limit: number | undefined;
  readonly json: boolean;
  /** A letter's place on ati.dead-letters. */
  readonly show: { readonly partition: number; readonly offset: number } | undefined;
}

export interface ReplayOptions {
  readonly filter: Filter;
  readonly limit: number | undefined;
  /** False: a dry run. */
  readonly yes: boolean;
  readonly again: boolean;
}

export type Asked =
  | { readonly command: 'inspect'; readonly inspect: InspectOptions }
  | { readonly command: 'replay'; readonly replay: ReplayOptions };

interface Given extends Filter {
  readonly limit?: number;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch {
    throw new InvalidArgumentError('It is no regular expression.');
  }
}

function place(text: string): { partition: number; offset: number } {
  const found = /^(?:(\d{1,6})-)?(\d{1,15})$/.exec(text);
  if (found === null) throw new InvalidArgumentError('It is the number in the first column.');
  return { partition: Number(found[1] ?? 0), offset: Number(found[2]) };
}

const filterOf = ({ limit: _, ...filter }: Given): Filter => filter;

/** Throws CommanderError after it has printed help, or what is wrong. */
export function parseOptions(argv: readonly string[], now: number): Asked {
  let asked: Asked | undefined;
  const time = (text: string) => timePoint(text, now);
  const program = new Command('npm run dead-letters --')
    .description('Records that could not be processed: what they are, and putting them back.')
    .exitOverride();
  const filtered = (name: string, about: string) =>
    program
      .command(name)
      .description(about)
      .option('-t, --topic <topic>', 'only those of this topic, like ati.spans or spans')
      .option('-p, --partition <n>', 'only those of this partition of it', argument(wholeNumber(0)))
      .option('-s, --step <step>', 'only those that failed there: decode, skim, insert, …')
      .option('-r, --reason <regex>', 'only those with such a reason', pattern)
      .option('--since <time>', 'only those put aside since then: ISO 8601, or -24h (s, m, h, d ago)', time)
      .option('--until <time>', 'only those put aside before then', time)
      .option('-n, --limit <n>', 'at most so many', argument(wholeNumber(1)));
  filtered('inspect', 'lists them, newest first, and counts them by topic, step and reason')
    .option('--json', 'one JSON object a line, oldest first, without the bytes', false)
    .option('--show <offset>', 'all of one: its headers, what it decodes to, its bytes', place)
    .action((given: Given & { json: boolean; show?: InspectOptions['show'] }) => {
      const { json, show, ...rest } = given;
      asked = { command: 'inspect', inspect: { filter: filterOf(rest), limit: rest.limit, json, show } };
    });
  filtered('replay', 'puts the original bytes back on the partition they came from')
    .option('--yes', 'do it; else it only says what it would do', false)
    .option('--dry-run', 'say what it would do (the default)', false)
    .option('--again', 'also those that were put back before', false)
    .action((given: Given & { yes: boolean; again: boolean; dryRun: boolean }) => {
      const { yes, again, dryRun, ...rest } = given;
      if (yes && dryRun) program.error('error: --yes and --dry-run contradict each other');
      asked = { command: 'replay', replay: { filter: filterOf(rest), limit: rest.limit, yes, again } };
    });
  program.parse([...argv], { from: 'user' });
  if (asked === undefined) throw new Error('commander ran no command');
  return asked;
}
