/** What `npm run replay` takes. */
import { Command, InvalidArgumentError } from 'commander';
import { PROJECTIONS } from '../projections/registry.ts';
import { type TimePoint, timePoint } from './time.ts';

export interface ReplayOptions {
  /** Names of projections. */
  readonly topics: readonly string[];
  readonly from: TimePoint;
  readonly to: TimePoint;
  readonly dryRun: boolean;
  readonly keepOld: boolean;
}

const NAMES = PROJECTIONS.map(({ name }) => name);

/** `spans,traces`, `ati.spans` or `all`. */
export function topicsOf(text: string): string[] {
  const names = text.split(',').map((each) => each.trim().replace(/^ati\./, ''));
  if (names.includes('all')) return [...NAMES];
  const unknown = names.find((each) => !NAMES.includes(each));
  if (unknown === undefined) return [...new Set(names)];
  throw new InvalidArgumentError(`${unknown} has no tables: one of ${NAMES.join(', ')}, or all.`);
}

/** Throws CommanderError after it has printed help, or what is wrong. */
export function parseOptions(argv: readonly string[], now: number): ReplayOptions {
  const time = (text: string) => timePoint(text, now);
  const program = new Command('npm run replay --')
    .description(
      'Rebuilds the tables of a topic from the log: into fresh tables, which take the place of the old ones when they\n' +
        'are complete. The sink goes on writing meanwhile, and nothing that it writes is lost.',
    )
    .requiredOption('-t, --topic <topics>', `${NAMES.join(', ')} (several with commas), or all`, topicsOf)
    .option('--from <time>', 'replay records from then on; older rows are carried over', time, 'earliest')
    .option('--to <time>', 'replay records until then; younger rows are carried over', time, 'latest')
    .option('--dry-run', 'say what would be read and written, change nothing', false)
    .option('--keep-old', 'keep the old tables beside the new ones, as TABLE__before_TIME', false)
    .addHelpText(
      'after',
      `
A time is ISO 8601 (2026-01-31T12:00:00Z), -24h (s, m, h or d ago), earliest or latest: when the record came to the topic.
Interrupted before the swap, the old tables are as they were; run it again: it cleans up, and begins anew.
KAFKA_BROKERS, CLICKHOUSE_URL, CLICKHOUSE_DATABASE and ATI_TOPIC_PREFIX say where, as for every ATI process.`,
    )
    .exitOverride();
  program.parse([...argv], { from: 'user' });
  const { topic, from, to, dryRun, keepOld } = program.opts<{
    topic: string[];
    from: TimePoint;
    to: TimePoint;
    dryRun: boolean;
    keepOld: boolean;
  }>();
  if (typeof from === 'number' && typeof to === 'number' && from >= to)
    program.error('error: --from must be before --to');
  if (from === 'latest' || to === 'earliest')
    program.error('error: there is nothing after the latest or before the earliest record');
  return { topics: topic, from, to, dryRun, keepOld };
}
