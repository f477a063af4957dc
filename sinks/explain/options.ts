/** What `npm run explain` takes. */
import { Command, InvalidArgumentError } from 'commander';
import { apiUrl } from '../api-url.ts';

export interface Options {
  /** 32 lower-case hex digits; undefined: the newest. */
  readonly id: string | undefined;
  /** Without a slash at the end; undefined: as configured. */
  readonly api: string | undefined;
  readonly json: boolean;
  readonly wait: boolean;
  readonly all: boolean;
}

/** How long a trace is waited for in all. */
export const CLOSE_MS = 30_000;
/** How long for its first span: OpenTelemetry SDKs export every 5 seconds. */
export const ARRIVE_MS = 10_000;

function traceId(text: string): string {
  if (text === 'latest') return text;
  if (/^[0-9a-f]{32}$/i.test(text) && !/^0+$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(
    'A trace id is 32 hex digits, as /run answers and GET /v1/traces lists them.',
  );
}

/** Throws CommanderError after it has printed help, or what is wrong. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command('npm run explain --')
    .usage('[options] [trace id | latest]')
    .description('Prints why a trace took its time: its critical path, what was found, and what it reveals.')
    .argument('[trace]', 'its id; without one, or `latest`: the newest that has closed', traceId)
    .option('--json', 'what the API said, as it said it')
    .option('--api <url>', 'the query API; else where ATI_HOST and ATI_API_PORT say', apiUrl)
    .option(
      '--wait',
      `wait for it: ${ARRIVE_MS / 1000} s for its first span, ${CLOSE_MS / 1000} s in all until it closes (the default)`,
    )
    .option('--no-wait', 'do not wait')
    .option('--all', 'every row of the path and of the timelines')
    .addHelpText(
      'after',
      `
For example: npm run explain -- --all <trace id>
Exit code:
  0  explained
  1  not: no such trace, still open, no API
  2  wrong options or configuration`,
    )
    .exitOverride()
    .parse(argv, { from: 'user' });
  const given = program.opts<{ json?: boolean; api?: string; wait?: boolean; all?: boolean }>();
  const id = program.processedArgs[0] as string | undefined;
  return {
    id: id === 'latest' ? undefined : id,
    api: given.api,
    json: given.json ?? false,
    wait: given.wait ?? true,
    all: given.all ?? false,
  };
}
