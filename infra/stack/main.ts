/** `npm start`: the whole pipeline, ready for your own agents. */
import { Command } from 'commander';
import { colours } from '#infra/colours.ts';
import { readConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { addresses, fail, interrupted, startWithProgress } from './console.ts';

const program = new Command('npm start --')
  .description('Starts ATI: embedded Kafka and ClickHouse unless KAFKA_BROKERS and CLICKHOUSE_URL are set.')
  .option('--no-agents', 'leave out the synthetic agents');
program.parse();
const { agents } = program.opts<{ agents: boolean }>();

const read = readConfig(process.env);
if (!read.ok) {
  console.error(read.message);
  process.exit(2);
}
const { config } = read;
const stop = interrupted();

try {
  console.log(colours.bold('Starting ATI'));
  const stack = await startWithProgress({ config, env: process.env, agents });
  console.log(addresses(config, { agents, columns: process.stdout.columns }));
  console.log(`Logs: ${config.ATI_DATA_DIR}/logs. Ctrl-C stops.`);
  try {
    await Promise.race([stop, stack.gaveUp]);
  } finally {
    console.log('Stopping …');
    await stack.stop();
  }
  console.log('Stopped; nothing is running any more.');
  process.exit(0);
} catch (error) {
  fail(error instanceof Error ? error : new UserError(String(error)));
}
