/** `npm run migrate`: brings ClickHouse's tables to the newest version; --dry-run only shows the SQL. */
import { Command } from 'commander';
import { clickhouseAddress } from '#infra/clickhouse/address.ts';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { migrate } from '#infra/clickhouse/migrate.ts';
import { readConfig } from '#infra/config.ts';
import { messageOf } from '#infra/errors.ts';
import { MIGRATIONS } from '../database.ts';

const program = new Command('npm run migrate --')
  .description(
    'Applies the numbered migrations of sinks/migrations that the database lacks. The sink does so at its start;\n' +
      'with ATI_MIGRATE=false it refuses to start instead, and this command is yours to run.',
  )
  .option('--dry-run', 'show the statements, run nothing');
program.parse();
const { dryRun } = program.opts<{ dryRun?: boolean }>();

const read = readConfig(process.env);
if (!read.ok) {
  console.error(read.message);
  process.exit(2);
}
const { config } = read;
const clickhouse = connectClickHouse(clickhouseAddress(config));
try {
  const { applied, statements } = await migrate(clickhouse, MIGRATIONS, {
    database: config.CLICKHOUSE_DATABASE,
    ttlDays: config.ATI_TTL_DAYS,
    dryRun,
  });
  if (dryRun) for (const statement of statements) console.log(`${statement};\n`);
  if (applied.length === 0) console.log(`${config.CLICKHOUSE_DATABASE} is up to date`);
  else console.log(`${dryRun ? 'would apply' : 'applied'}: ${applied.join(', ')}`);
} catch (error) {
  console.error(`cannot migrate ${config.CLICKHOUSE_DATABASE}: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  await clickhouse.close();
}
