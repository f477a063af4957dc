/** `npm run replay`: rebuilds tables from the log. */
import { startClickHouse } from '#infra/clickhouse/start.ts';
import { UserError } from '#infra/errors.ts';
import { elapsed, number, plural } from '#infra/format.ts';
import { startKafka } from '#infra/kafka/start.ts';
import { topicName } from '#infra/topics.ts';
import { readDeletions } from '../delete/deletions.ts';
import { byTable } from '../projections/projection.ts';
import { PROJECTIONS } from '../projections/registry.ts';
import { type CommandContext, runCommand } from './command.ts';
import { Interrupted } from './fill.ts';
import { lockReplays } from './lock.ts';
import { parseOptions, type ReplayOptions } from './options.ts';
import { cleanUp, estimate, type ReplayDeps, replay } from './replay.ts';
import { terminalReport } from './report.ts';
import { Scratch } from './scratch.ts';
import { timeText } from './time.ts';

/** The sink's own batches are small since it must not be late; these need not hurry. */
const BATCH_ROWS = 50_000;
/** Of statements over whole tables: as long as they may take. Ctrl-C ends them. */
const PATIENCE_MS = 24 * 3_600_000;

const write = (line = '') => void process.stdout.write(`${line}\n`);

async function main(context: CommandContext): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Date.now());
  const { config, signal } = context;
  const database = config.CLICKHOUSE_DATABASE;
  const locked = lockReplays(config);
  if (!locked.ok) throw new UserError(`another replay, or a deletion, runs already (process ${locked.pid})`);
  const report = terminalReport(process.stderr, () => performance.now());
  try {
    const clickhouse = startClickHouse(context, PATIENCE_MS);
    const writing = startClickHouse(context);
    if (!(await clickhouse.ping().catch(() => false)))
      throw new UserError('ClickHouse does not answer: is npm start running, or CLICKHOUSE_URL right?');
    const kafka = await startKafka(context, 'ati-replay', 0);
    const scratch = new Scratch(clickhouse, { database, ttlDays: config.ATI_TTL_DAYS });
    await scratch.checkLive();
    const deps = {
      ...{ kafka, clickhouse, writing, scratch, database, signal, report },
      prefix: config.ATI_TOPIC_PREFIX,
      batchRows: BATCH_ROWS,
      deletions: await readDeletions(kafka, topicName('deletions', config.ATI_TOPIC_PREFIX)),
    };
    return options.dryRun ? await dryRun(deps, options) : await run(deps, options);
  } finally {
    report.end();
    locked.release();
  }
}

const projections = PROJECTIONS.map(byTable);
const chosen = ({ topics }: ReplayOptions) => projections.filter(({ name }) => topics.includes(name));

async function dryRun(deps: ReplayDeps, options: ReplayOptions): Promise<number> {
  for (const projection of chosen(options)) {
    const { plan, records, tables } = await estimate(deps, { ...options, projection });
    write(`${projection.name}: would read ${plural(records, 'record')}`);
    for (const { partition, from, to } of plan.ranges)
      write(`  partition ${partition}: offsets ${number(from)} to ${number(to)}`);
    for (const { table, rows, carried } of tables)
      write(
        `  ${deps.database}.${table}: ${plural(rows, 'row')} now, of which ${number(carried)} would be carried over`,
      );
  }
  write('nothing was changed: leave out --dry-run to do it');
  return 0;
}

async function run(deps: ReplayDeps, options: ReplayOptions): Promise<number> {
  const keepAs = options.keepOld ? timeText(Date.now()).replaceAll(/\D/g, '') : undefined;
  await cleanUp(deps, projections);
  for (const projection of chosen(options)) {
    const began = performance.now();
    try {
      const wish = { ...options, projection, ...(keepAs !== undefined && { keepAs }) };
      const { filled, carried, tables, kept } = await replay(deps, wish);
      deps.report.phase('');
      const ms = performance.now() - began;
      write(
        `${projection.name}: ${plural(filled.records, 'record')} read, ${plural(filled.rows, 'row')} written, ` +
          `${number(carried)} carried over, in ${elapsed(ms)}`,
      );
      if (filled.refused > 0)
        write(
          `  ${plural(filled.refused, 'record')} cannot be stored, as before: npm run dead-letters -- inspect`,
        );
      for (const { table, before, after } of tables)
        write(`  ${deps.database}.${table}: ${plural(before, 'row')} before, ${number(after)} now`);
      for (const table of kept) write(`  the old table is ${table}: drop it when you like`);
    } catch (error) {
      // Before the swap: nothing but the fresh tables is there to be undone.
      if ((await deps.scratch.begunSwap()) === undefined) await deps.scratch.drop();
      if (!(error instanceof Interrupted)) throw error;
      write(`interrupted: ${projection.name} is as it was`);
      return 1;
    }
  }
  write('replayed');
  return 0;
}

runCommand('replay', main);
