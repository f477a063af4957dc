/** `npm start`: the whole pipeline, ready for your own agents. */
import { Command } from 'commander';
import { argument } from '#infra/arguments.ts';
import { colours } from '#infra/colours.ts';
import { readConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { wholeNumber } from '../numbers.ts';
import { addresses, fail, interrupted, startWithProgress } from './console.ts';

const instances = argument(wholeNumber(1, 16));
const program = new Command('npm start --')
  .description('Starts ATI: embedded Kafka and ClickHouse unless KAFKA_BROKERS and CLICKHOUSE_URL are set.')
  .option('--no-agents', 'leave out the synthetic agents')
  .option('--processors <n>', 'processors that share the partitions; each port is 100 above', instances, 1)
  .option('--sinks <n>', 'sinks that share them', instances, 1);
program.parse();
const { agents, processors, sinks } = program.opts<{ agents: boolean; processors: number; sinks: number }>();

const read = readConfig(process.env);
if (!read.ok) {
  console.error(read.message);
  process.exit(2);
}
const { config } = read;
const stop = interrupted();

try {
  console.log(colours.bold('Starting ATI'));
  const stack = await startWithProgress({ config, env: process.env, agents, processors, sinks });
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
