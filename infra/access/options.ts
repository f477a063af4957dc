/** The command line of `npm run tokens`. */
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_TENANT, SCOPES, type Scope } from './access.ts';
import { TENANT_NAME, TENANT_RULE } from './tenant.ts';
import { NAME_RULE, TOKEN_NAME } from './token-file.ts';

export interface CreateOptions {
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds from now. */
  readonly expires?: number;
}

export interface Actions {
  create(name: string, options: CreateOptions): Promise<void>;
  list(): Promise<void>;
  revoke(name: string): Promise<void>;
}

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS };
/** A hundred years: beyond it dates are of no use. */
const LONGEST_MS = 36_525 * UNITS.d;

function matching(pattern: RegExp, rule: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`It ${rule}.`);
  };
}

/** `ingest,read` */
function scopesOf(text: string): readonly Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const scopes = SCOPES.filter((scope) => names.includes(scope));
  if (scopes.length > 0 && names.every((name) => SCOPES.some((scope) => scope === name))) return scopes;
  throw new InvalidArgumentError(`It must be some of ${SCOPES.join(', ')}, with commas.`);
}

/** `90d`, `12h` in ms. */
function durationOf(text: string): number {
  const [, digits, unit] = /^([1-9]\d{0,8})([hd])$/.exec(text) ?? [];
  const ms = Number(digits) * UNITS[unit ?? ''];
  if (ms <= LONGEST_MS) return ms;
  throw new InvalidArgumentError('It must be hours or days: 12h, 90d.');
}

/** Parsing throws commander's error, after it has been told on standard error. */
export function commandOf(actions: Actions): Command {
  const program = new Command('npm run tokens --').exitOverride();
  program.description(
    `Bearer tokens: who may send telemetry to ATI, read its results or act on its incidents, and of which tenant.
From the first token on every request needs one. Running services notice a change within two seconds.
The tokens are kept as hashes in ATI_TOKENS_FILE, by default tokens.json in ATI_DATA_DIR.`,
  );
  program
    .command('create')
    .description('make a token and print it, this once')
    .argument('<name>', 'what to call it, in lists and logs', matching(TOKEN_NAME, NAME_RULE))
    .option('--tenant <name>', 'whose data it is', matching(TENANT_NAME, TENANT_RULE), DEFAULT_TENANT)
    .requiredOption(
      '--scopes <list>',
      'what it may: ingest (send), read (query), operate (acknowledge, mute, delete)',
      scopesOf,
    )
    .option('--expires <duration>', 'after this long it is refused: 12h, 90d; default: never', durationOf)
    .action((name: string, options: CreateOptions) => actions.create(name, options));
  program
    .command('list')
    .description('every token: its name, first characters, tenant, scopes, when it ends')
    .action(() => actions.list());
  program
    .command('revoke')
    .description('refuse a token from now on')
    .argument('<name>', 'as in the list')
    .action((name: string) => actions.revoke(name));
  return program;
}
