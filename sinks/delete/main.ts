/** `npm run delete`: a trace, or a tenant, out of every table; and kept out. */
import { confirm, isCancel } from '@clack/prompts';
import { startClickHouse } from '#infra/clickhouse/start.ts';
import { UserError } from '#infra/errors.ts';
import { number, plural } from '#infra/format.ts';
import { startKafka } from '#infra/kafka/start.ts';
import { retentionMs, TOPICS, topicName } from '#infra/topics.ts';
import { type CommandContext, runCommand } from '../replay/command.ts';
import { lockReplays } from '../replay/lock.ts';
import { type Deletion, writeDeletion } from './deletions.ts';
import { type DeleteOptions, parseOptions } from './options.ts';
import { countRows, deleteRows, type TableRows } from './rows.ts';
import { settle } from './settle.ts';

runCommand('delete', async (context) => {
  const options = parseOptions(process.argv.slice(2));
  const locked = options.dryRun ? undefined : lockReplays(context.config);
  if (locked?.ok === false)
    throw new UserError(
      `a replay, or another deletion, runs (process ${locked.pid}): delete when it has ended`,
    );
  try {
    return await main(context, options);
  } finally {
    locked?.release();
  }
});

async function main(context: CommandContext, options: DeleteOptions): Promise<number> {
  const clickhouse = startClickHouse(context);
  if (!(await clickhouse.ping().catch(() => false)))
    throw new UserError('ClickHouse does not answer: is npm start running, or CLICKHOUSE_URL right?');
  const database = context.config.CLICKHOUSE_DATABASE;
  const deletion: Deletion = { tenant: options.tenant, traceId: options.traceId, at: Date.now() };
  const before = await countRows(clickhouse, database, deletion);
  show(before);
  if (options.dryRun) {
    say('dry run: nothing was deleted');
    return 0;
  }
  if (!(await agreed(options, before))) {
    say('nothing was deleted');
    return 1;
  }
  const kafka = await startKafka(context, 'ati-delete', 0);
  const prefix = context.config.ATI_TOPIC_PREFIX;
  const producer = await kafka.producer();
  const topic = topicName('deletions', prefix);
  // First: whatever happens next, the deletion is known.
  await writeDeletion(producer, topic, deletion);
  const missing = await settle({
    kafka,
    prefix,
    withinMs: options.waitSeconds * 1_000,
    signal: context.signal,
    onWaiting: (records) =>
      process.stderr.write(`waiting for the sink: ${plural(records, 'record')} to store\n`),
  });
  // What was on the log at `at` has been stored in the meantime.
  const stored = { ...deletion, at: Date.now() };
  // What came in the meantime goes with the rest, so it must not come back either.
  await writeDeletion(producer, topic, stored);
  await producer.close();
  await deleteRows(clickhouse, database, stored);
  const rest = (await countRows(clickhouse, database, stored)).filter(({ rows }) => rows > 0);
  const rows = before.reduce((sum, table) => sum + table.rows, 0);
  say(remains(context, deletion));
  if (rest.length === 0 && missing === 0) {
    say(`deleted: ${plural(rows, 'row')} of ${nameOf(options)}`);
    return 0;
  }
  const why =
    rest.length > 0
      ? `${rest.map((table) => `${table.table} has ${plural(table.rows, 'row')}`).join(', ')} again`
      : `the sink has not stored ${plural(missing, 'record')} of the log yet, which may be of it`;
  say(`not certain: ${why}; run it again when the sink has caught up`);
  return 1;
}

const say = (line: string) => void process.stdout.write(`${line}\n`);
const nameOf = ({ tenant, traceId }: Pick<Deletion, 'tenant' | 'traceId'>) =>
  traceId === '' ? `tenant ${tenant}` : `trace ${traceId} of tenant ${tenant}`;

function show(tables: readonly TableRows[]): void {
  const width = Math.max(...tables.map(({ table }) => table.length));
  for (const { table, rows } of tables) say(`  ${table.padEnd(width)}  ${number(rows)}`);
}

async function agreed(options: DeleteOptions, before: readonly TableRows[]): Promise<boolean> {
  if (options.yes || options.traceId !== '') return true;
  if (!process.stdin.isTTY) throw new UserError('nothing was deleted: say --yes where nobody can be asked');
  const rows = before.reduce((sum, table) => sum + table.rows, 0);
  const message = `Delete all ${plural(rows, 'row')} of ${nameOf(options)} for good?`;
  const answer = await confirm({ message, initialValue: false });
  return !isCancel(answer) && answer;
}

/** Until when the topics have its records, by the retention of the configuration. */
function remains({ config }: CommandContext, { at, traceId }: Deletion): string {
  const until = (topic: 'spans' | 'incidents' | 'deadLetters') =>
    new Date(at + (retentionMs(TOPICS[topic], config) ?? 0)).toISOString().slice(0, 16).replace('T', ' ');
  const log = `records on the topics go with their retention: spans, telemetry, traces and signals by ${until('spans')} UTC`;
  const incidents = `incidents by ${until('incidents')} UTC`;
  const letters = `dead letters by ${until('deadLetters')} UTC`;
  return traceId === ''
    ? `${log}, ${incidents}, ${letters}; ati.incident-state keeps the last state of its incidents`
    : `${log}, ${incidents} (its id among their examples), ${letters}`;
}
