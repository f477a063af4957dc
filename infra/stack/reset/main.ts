/** `npm run reset`: deletes what an installation has stored, and says before what that is. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { confirm, isCancel } from '@clack/prompts';
import { Command } from 'commander';
import { pino } from 'pino';
import { colours } from '../../colours.ts';
import { type Config, readConfig } from '../../config.ts';
import { lockDirectory } from '../../data-lock.ts';
import { UserError } from '../../errors.ts';
import { number, plural, size } from '../../format.ts';
import { connectKafka } from '../../kafka/client.ts';
import type { Kafka } from '../../kafka/port.ts';
import { kafkaOf } from '../../kafka/security.ts';
import { fail } from '../console.ts';
import { type DirectoryPlan, deleteParts, lookAt } from './directory.ts';
import {
  asUserError,
  clickhouseOf,
  type DatabaseFound,
  databaseOf,
  dropTables,
  type TopicFound,
  topicsOf,
} from './real-stores.ts';

const program = new Command('npm run reset --')
  .description(
    'Deletes everything that this installation has stored: the data directory (ATI_DATA_DIR), and with KAFKA_BROKERS and ' +
      'CLICKHOUSE_URL its topics (ATI_TOPIC_PREFIX) and tables (CLICKHOUSE_DATABASE). Asks before.',
  )
  .option('--yes', 'do not ask')
  .option('--dry-run', 'only say what would be deleted')
  .addHelpText(
    'after',
    '\nRefuses while ATI runs on the directory. With a real Kafka or ClickHouse, stop every ATI process that uses them first.\n' +
      'Tokens (tokens.json) stay. Exit code 0: done, or nothing to do; 1: refused or failed; 2: wrong configuration.',
  );
program.parse();
const options = program.opts<{ yes?: boolean; dryRun?: boolean }>();

const read = readConfig(process.env);
if (!read.ok) {
  console.error(read.message);
  process.exit(2);
}

try {
  process.exit(await reset(read.config));
} catch (error) {
  fail(asUserError(error));
}

async function reset(config: Config): Promise<number> {
  const directory = config.ATI_DATA_DIR;
  const looked = await lookAt(directory);
  if (!looked.ok) throw new UserError(looked.reason);
  const release = lock(directory);
  const kafka = config.KAFKA_BROKERS.length > 0 ? await connect(config) : undefined;
  const clickhouse = config.CLICKHOUSE_URL === '' ? undefined : clickhouseOf(config);
  try {
    const topics = kafka === undefined ? [] : await topicsOf(kafka, config.ATI_TOPIC_PREFIX);
    const database =
      clickhouse === undefined ? undefined : await databaseOf(clickhouse, config.CLICKHOUSE_DATABASE);
    const { plan } = looked;
    if (!show(plan, topics, database)) return 0;
    if (options.dryRun) {
      console.log('dry run: nothing was deleted');
      return 0;
    }
    if (!(await agreed())) {
      console.log('nothing was deleted');
      return 1;
    }
    // The directory last: its mark says that there is something left to reset.
    if (kafka !== undefined && topics.length > 0) await kafka.deleteTopics(topics.map(({ name }) => name));
    if (clickhouse !== undefined && database !== undefined) await dropTables(clickhouse, database);
    await deleteParts(plan);
    console.log(colours.green(`reset: ${done(plan, topics, database)}; npm start begins anew`));
    return 0;
  } finally {
    await clickhouse?.close();
    await kafka?.close();
    release();
  }
}

/** Held until the end, so that nothing is started on what is being deleted. */
function lock(directory: string): () => void {
  const releases: (() => void)[] = [];
  // The broker has a lock of its own, for when it runs by itself.
  for (const place of [directory, path.join(directory, 'kafka')]) {
    if (!existsSync(place)) continue;
    const locked = lockDirectory(place);
    if (!locked.ok) {
      for (const release of releases) release();
      throw new UserError(
        `ATI is running on ${place} (process ${locked.pid}): stop it first; nothing was deleted`,
      );
    }
    releases.push(locked.release);
  }
  return () => {
    for (const release of releases) release();
  };
}

function connect(config: Config): Promise<Kafka> {
  const { brokers, security } = kafkaOf(config);
  return connectKafka({ brokers, security, clientId: 'ati-reset', log: pino({ level: 'silent' }) });
}

/** Prints what there is; false where that is nothing. */
function show(
  { directory, parts, left }: DirectoryPlan,
  topics: readonly TopicFound[],
  database: DatabaseFound | undefined,
): boolean {
  if (parts.length + topics.length + (database?.tables.length ?? 0) === 0) {
    console.log(`there is nothing to delete in ${directory}`);
    return false;
  }
  console.log(colours.bold('This deletes for good:'));
  for (const { name, about, bytes, files } of parts)
    console.log(`  ${path.join(directory, name)}  ${size(bytes)} in ${plural(files, 'file')} (${about})`);
  for (const { name, records } of topics) console.log(`  topic ${name}  ${plural(records, 'record')}`);
  for (const { name, view, rows, bytes } of database?.tables ?? [])
    console.log(
      `  ${database?.database}.${name}  ${view ? 'view' : `${plural(rows, 'row')}, ${size(bytes)}`}`,
    );
  for (const { database: name, about } of database?.beside ?? []) console.log(`  ${name}  ${about}`);
  if (left.length > 0) console.log(`It leaves in ${directory}: ${left.join(', ')}`);
  if (database !== undefined && database.others.length > 0)
    console.log(`It leaves in ${database.database}: ${database.others.join(', ')}`);
  return true;
}

async function agreed(): Promise<boolean> {
  if (options.yes) return true;
  if (!process.stdin.isTTY) throw new UserError('nothing was deleted: say --yes where nobody can be asked');
  const answer = await confirm({ message: 'Delete all of it?', initialValue: false });
  return !isCancel(answer) && answer;
}

function done(
  plan: DirectoryPlan,
  topics: readonly TopicFound[],
  database: DatabaseFound | undefined,
): string {
  const bytes = plan.parts.reduce((sum, part) => sum + part.bytes, 0);
  const deleted = [`${size(bytes)} in ${plan.directory}`];
  if (topics.length > 0) deleted.push(plural(topics.length, 'topic'));
  if (database !== undefined)
    deleted.push(`${number(database.tables.length)} tables and views of ${database.database}`);
  return `${deleted.join(', ')} deleted`;
}
