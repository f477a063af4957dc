/** What `npm run why` takes. */
import { Command, InvalidArgumentError } from 'commander';
import { slowRule } from '../api/attribution-rule.ts';
import { time } from '../api/parameters.ts';
import { apiUrl } from '../explain/base.ts';

export interface Options {
  /** Query parameters of both requests, as they were given; times as unix ms. */
  readonly root: { readonly service?: string; readonly agent?: string; readonly operation?: string };
  readonly range: { readonly from?: number; readonly to?: number };
  /** Of the attribution alone. */
  readonly baseline: { readonly baselineFrom?: number; readonly baselineTo?: number };
  readonly slow: string;
  /** Without a slash at the end; undefined: as configured. */
  readonly api: string | undefined;
  readonly json: boolean;
  readonly all: boolean;
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

function slow(text: string): string {
  if (slowRule(text) !== undefined) return text;
  throw new InvalidArgumentError('It must be a percentile (p50 to p99.999), milliseconds, failing or all.');
}

/** Throws CommanderError after it has printed help, or what is wrong. */
export function parseOptions(argv: readonly string[], now: number): Options {
  const when = (text: string) => timeOf(text, now);
  const program = new Command('why')
    .description(
      'Prints what owns the critical path of many traces, and why the slow ones among them are:\n' +
        'ranked causes against a baseline, each with its share of the extra time.',
    )
    .option('--operation <name>', "the root's; without names: the one that took the most time")
    .option('--service <name>', "the root's")
    .option('--agent <name>', "the root's")
    .option('--slow <rule>', 'which are slow: p95, 800 (ms), failing, or all', slow, 'p95')
    .option('--from <time>', 'of traces that started then or later; an hour before --to unless given', when)
    .option('--to <time>', 'and before; now unless given', when)
    .option(
      '--baseline-from <time>',
      'compares with traces of another time, not the others of the same',
      when,
    )
    .option('--baseline-to <time>', '--from unless given', when)
    .option('--all', 'every row')
    .option('--json', 'what the API said: { criticalPath, attribution }')
    .option('--api <url>', 'the query API; else where ATI_HOST and ATI_API_PORT say', apiUrl)
    .addHelpText(
      'after',
      `
A time is like 2026-11-21T13:00:00Z, or how long ago: 30m, 2h, 1d.
Behind npm, options stand after --:
  npm run why -- --operation checkout --slow p90
  npm run why -- --slow failing --from 1d
  npm run why -- --slow all --from 1h --baseline-from 1d --baseline-to 2h
Exit code: 0 causes named; 1 not (no such trace, too few, not slower, no API);
2 wrong options or configuration.`,
    )
    .exitOverride()
    .parse(argv, { from: 'user' });
  const given = program.opts<{
    operation?: string;
    service?: string;
    agent?: string;
    slow: string;
    from?: number;
    to?: number;
    baselineFrom?: number;
    baselineTo?: number;
    all?: boolean;
    json?: boolean;
    api?: string;
  }>();
  const { service, agent, operation, from, to, baselineFrom, baselineTo } = given;
  if (given.slow === 'all' && baselineFrom === undefined && baselineTo === undefined)
    program.error("error: option '--slow all' needs a baseline of another time: --baseline-from");
  return {
    root: {
      ...(service !== undefined && { service }),
      ...(agent !== undefined && { agent }),
      ...(operation !== undefined && { operation }),
    },
    range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
    baseline: {
      ...(baselineFrom !== undefined && { baselineFrom }),
      ...(baselineTo !== undefined && { baselineTo }),
    },
    slow: given.slow,
    api: given.api,
    json: given.json ?? false,
    all: given.all ?? false,
  };
}
