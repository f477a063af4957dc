/** What `npm run incidents` takes. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { TENANT_NAME, TENANT_RULE } from '#infra/access/tenant.ts';
import type { OperatorActionType } from '#schemas/events.ts';
import { STATES } from '../api/incident-json.ts';
import { apiUrl } from '../api-url.ts';
import type { Deed } from './act.ts';
import { minutesOf } from './duration.ts';
import type { PrintOptions } from './print.ts';

export interface ListOptions extends PrintOptions {
  readonly json?: boolean;
}

export interface ActOptions {
  /** Lower-case hex digits. */
  readonly prefix: string;
  /** Without a slash at the end; undefined: as configured. */
  readonly api: string | undefined;
  readonly deed: Deed;
}

export type Asked =
  | { readonly command: 'list'; readonly list: ListOptions }
  | { readonly command: 'act'; readonly act: ActOptions };

function kindOf(text: string): string {
  if (/^[a-z][a-z0-9_]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('A kind is like retry_storm.');
}

function tenantOf(text: string): string {
  if (TENANT_NAME.test(text)) return text;
  throw new InvalidArgumentError(`A tenant ${TENANT_RULE}.`);
}

function prefixOf(text: string): string {
  if (/^[0-9a-f]{1,32}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('An id is up to 32 hex digits: its first ones will do.');
}

/** Options that say nothing together, or undefined. */
function contradictions({ events, follow, fromBeginning, state }: ListOptions): string | undefined {
  if (!fromBeginning && !follow)
    return '--no-from-beginning leaves nothing to print without --follow: give both, or neither';
  if (state !== 'all' && (events || follow))
    return `--state is of the list: it does not go with ${follow ? '--follow' : '--events'}`;
  return undefined;
}

interface ActGiven {
  readonly by?: string;
  readonly note?: string;
  readonly for?: number;
  readonly api?: string;
}

const COMMANDS: readonly (readonly [string, OperatorActionType, string])[] = [
  ['ack', 'acknowledge', 'says that somebody looks after it, until it is over'],
  ['unack', 'unacknowledge', 'takes that back'],
  ['mute', 'mute', 'hides it for a time, also when it comes again'],
  ['unmute', 'unmute', 'shows it again'],
];

/** Throws CommanderError after it has printed help, or what is wrong. `user`: who acts where --by does not say. */
export function parseOptions(argv: readonly string[], user: string | undefined): Asked {
  let asked: Asked | undefined;
  const program = new Command('incidents')
    .description('Lists the incidents that ATI has found as they are now, open ones first.')
    .addOption(
      new Option('-s, --state <state>', 'only those in this state')
        .choices([...STATES, 'all'])
        .default('all'),
    )
    .option('-k, --kind <kind>', 'only of this kind, for example retry_storm', kindOf)
    .option(
      '-t, --tenant <name>',
      "only this tenant's; without: every tenant's, as the topic has them",
      tenantOf,
    )
    .option('-a, --all', 'also those that are muted')
    .option('-e, --events', 'the log of their events instead: opened, updated, resolved, …')
    .option('-f, --follow', 'the events, and new ones as they come, until Ctrl-C')
    .option('--no-from-beginning', 'leave out what is there already (only with --follow)')
    .option('--json', 'one JSON object a line: an incident as of its newest event; with --events each event')
    .addHelpText(
      'after',
      `
An id's first digits will do where only one (open) incident's begins so.
Behind npm, options stand after --:  npm run incidents -- mute 18f80c2f --by ann --for 2h
Who does it is --by NAME, by default $USER.

KAFKA_BROKERS and ATI_TOPIC_PREFIX say where to read, as for every ATI process; the embedded broker otherwise.
The topic knows no tokens: who reads it sees every tenant. What an operator does goes through the query API, at ATI_HOST
and ATI_API_PORT, with the token in ATI_TOKEN.`,
    )
    .exitOverride()
    .action((list: ListOptions) => {
      const wrong = contradictions(list);
      if (wrong !== undefined) return program.error(`error: ${wrong}`);
      asked = { command: 'list', list };
    });
  for (const [name, action, about] of COMMANDS) {
    const command = program
      .command(name)
      .description(about)
      .argument('<id>', 'of the incident, or how it begins', prefixOf)
      .option(
        '--by <name>',
        user === undefined
          ? 'who does it (default: $USER, which is not set)'
          : 'who does it (default: $USER)',
      )
      .option('--note <text>', 'why; it is kept on the incident')
      .option('--api <url>', 'the query API; else where ATI_HOST and ATI_API_PORT say', apiUrl);
    if (action === 'mute') command.requiredOption('--for <time>', 'like 45m, 2h, 1h30m, 3d or 1w', minutesOf);
    command.action((prefix: string, given: ActGiven) => {
      const { by = user, note = '', for: minutes, api } = given;
      if (by === undefined)
        return command.error('error: who does it? $USER is not set: give --by <name>, like --by ann');
      const deed: Deed = { action, by, note, ...(minutes !== undefined && { minutes }) };
      asked = { command: 'act', act: { prefix, api, deed } };
    });
  }
  program.parse(argv, { from: 'user' });
  if (asked === undefined) throw new Error('commander ran no command');
  return asked;
}
