import { Command, InvalidArgumentError } from 'commander';
import { argument } from '#infra/arguments.ts';
import { wholeNumber } from '#infra/numbers.ts';

export interface DeleteOptions {
  readonly tenant: string;
  /** '' for all of the tenant. */
  readonly traceId: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly waitSeconds: number;
}

const TENANT = /^[A-Za-z0-9_-][\w.-]{0,63}$/;

function tenant(text: string): string {
  if (!TENANT.test(text))
    throw new InvalidArgumentError('must be a tenant: letters, digits, - _ . and at most 64 of them');
  return text;
}

function trace(text: string): string {
  const id = text.toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(id)) throw new InvalidArgumentError('must be a trace id: 32 hex digits');
  return id;
}

/** Reads the command line (without node and file); throws commander's errors. */
export function parseOptions(args: readonly string[]): DeleteOptions {
  let parsed: Pick<DeleteOptions, 'tenant' | 'traceId'> | undefined;
  const program = new Command('npm run delete --')
    .exitOverride()
    .description(
      'Deletes a trace, or everything of a tenant, from all tables, and keeps it out when the log is read again.',
    )
    .option('--dry-run', 'count the rows, delete nothing')
    .option('--yes', 'do not ask (a tenant is asked for)')
    .option('--wait <s>', 'for the sink to store what is on the log now', argument(wholeNumber(0, 3_600)), 60)
    .addHelpText(
      'after',
      '\nThe records on the topics go with their retention (ATI_LOG_RETENTION_HOURS, ATI_INCIDENT_RETENTION_DAYS, ' +
        'ATI_DEAD_LETTER_RETENTION_DAYS); until then no table gets them again. docs/operations.md says what remains where.\n' +
        'Exit code 0: deleted; 1: not, or not certain that all; 2: a wrong command line.',
    );
  program
    .command('trace')
    .argument('<id>', '32 hex digits', trace)
    .option('--tenant <name>', 'whose', tenant, 'default')
    .action((traceId: string, { tenant: name }: { tenant: string }) => {
      parsed = { tenant: name, traceId };
    });
  program
    .command('tenant')
    .argument('<name>', 'everything that was stored for it', tenant)
    .action((name: string) => {
      parsed = { tenant: name, traceId: '' };
    });
  program.parse([...args], { from: 'user' });
  const {
    dryRun = false,
    yes = false,
    wait,
  } = program.opts<{ dryRun?: boolean; yes?: boolean; wait: number }>();
  if (parsed === undefined) program.error('say trace ID or tenant NAME');
  return { ...(parsed as Pick<DeleteOptions, 'tenant' | 'traceId'>), dryRun, yes, waitSeconds: wait };
}
