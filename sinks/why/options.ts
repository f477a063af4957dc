/** What `npm run why` takes. */
import { Command, InvalidArgumentError } from 'commander';
import { slowRule } from '../api/attribution-rule.ts';
import { time } from '../api/parameters.ts';
import { apiUrl } from '../api-url.ts';
import { quoted } from './others.ts';
import { wrongTimes } from './ranges.ts';

export interface Options {
  /** Query parameters of both requests, as they were given; times as unix ms. */
  readonly root: { readonly service?: string; readonly agent?: string; readonly operation?: string };
  readonly range: { readonly from?: number; readonly to?: number };
  /** Of the attribution alone. */
  readonly baseline: { readonly baselineFrom?: number; readonly baselineTo?: number };
  readonly slow: string;
  /** False: it is the default. */
  readonly slowGiven: boolean;
  /** Options beside names, as they were typed: what a command to copy has too. */
  readonly words: readonly string[];
  /** Without a slash at the end; undefined: as configured. */
  readonly api: string | undefined;
  readonly json: boolean;
  readonly all: boolean;
}

const DEFAULT_SLOW = 'p95';

/** A time, and how it was typed. */
interface When {
  readonly text: string;
  readonly ms: number;
}

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `2h`: so long before `now`; else a time as the API takes it. Unix ms. */
export function timeOf(text: string, now: number): number {
  const ago = /^(\d{1,6})([mhd])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * UNITS_MS[ago[2] as keyof typeof UNITS_MS];
  const read = time.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError('It must be like 2026-11-21T13:00:00Z, or how long ago: 30m, 2h, 1d.');
}

function name(text: string): string {
  if (text !== '' && text.length <= 1000) return text;
  throw new InvalidArgumentError('It must be a name of at most 1,000 characters.');
}

function slow(text: string): string {
  if (slowRule(text) !== undefined) return text;
  throw new InvalidArgumentError('It must be a percentile (p50 to p99.999), milliseconds, failing or all.');
}

/** Throws CommanderError after it has printed help, or what is wrong. */
export function parseOptions(argv: readonly string[], now: number): Options {
  const when = (text: string): When => ({ text, ms: timeOf(text, now) });
  const program = new Command('npm run why --')
    .description(
      'Prints what owns the critical path of many traces, and why the slow ones among them are: ' +
        'ranked causes against a baseline, each with its share of the extra time.',
    )
    .option('--operation <name>', "the root's; without names: the one that took the most time", name)
    .option('--service <name>', "the root's", name)
    .option('--agent <name>', "the root's", name)
    .option(
      '--slow <rule>',
      `which are slow: p95, 800 (ms), failing, or all; without: ${DEFAULT_SLOW}, or the highest percentile that leaves enough`,
      slow,
    )
    .option('--from <time>', 'traces that started then or later; without: an hour before --to', when)
    .option('--to <time>', 'and before this; without: now', when)
    .option(
      '--baseline-from <time>',
      'compare with traces of another time; without: with the others of the same',
      when,
    )
    .option('--baseline-to <time>', 'and before this; without: --from', when)
    .option('--all', 'every row')
    .option('--json', 'what the API said: { criticalPath, attribution }')
    .option('--api <url>', 'the query API; else where ATI_HOST and ATI_API_PORT say', apiUrl)
    .addHelpText(
      'after',
      `
A time is like 2026-11-21T13:00:00Z, or how long ago: 30m, 2h, 1d.
For example:
  npm run why -- --operation checkout --slow p90
  npm run why -- --slow failing --from 1d
  npm run why -- --slow all --from 1h --baseline-from 1d --baseline-to 2h
Exit code:
  0  causes are named
  1  not: no such trace, too few, not slower, no API
  2  wrong options or configuration`,
    )
    .exitOverride()
    .parse(argv, { from: 'user' });
  const given = program.opts<{
    operation?: string;
    service?: string;
    agent?: string;
    slow?: string;
    from?: When;
    to?: When;
    baselineFrom?: When;
    baselineTo?: When;
    all?: boolean;
    json?: boolean;
    api?: string;
  }>();
  const { service, agent, operation, slow: rule, api } = given;
  const typed = {
    ...{ '--from': given.from, '--to': given.to },
    ...{ '--baseline-from': given.baselineFrom, '--baseline-to': given.baselineTo },
  };
  const [from, to, baselineFrom, baselineTo] = Object.values(typed).map((each) => each?.ms);
  if (rule === 'all' && baselineFrom === undefined && baselineTo === undefined)
    program.error("error: option '--slow all' needs a baseline of another time: --baseline-from");
  const wrong = wrongTimes({ from, to, baselineFrom, baselineTo }, now);
  if (wrong !== undefined) program.error(`error: ${wrong}`);
  // With `from` alone the API looks at an hour.
  const until = to ?? (from === undefined ? undefined : now);
  return {
    root: {
      ...(service !== undefined && { service }),
      ...(agent !== undefined && { agent }),
      ...(operation !== undefined && { operation }),
    },
    range: { ...(from !== undefined && { from }), ...(until !== undefined && { to: until }) },
    baseline: {
      ...(baselineFrom !== undefined && { baselineFrom }),
      ...(baselineTo !== undefined && { baselineTo }),
    },
    slow: rule ?? DEFAULT_SLOW,
    slowGiven: rule !== undefined,
    words: [
      ...(rule === undefined ? [] : [`--slow ${rule}`]),
      ...Object.entries(typed).flatMap(([option, each]) =>
        each === undefined ? [] : [`${option} ${quoted(each.text)}`],
      ),
      ...(api === undefined ? [] : [`--api ${quoted(api)}`]),
    ],
    api,
    json: given.json ?? false,
    all: given.all ?? false,
  };
}
