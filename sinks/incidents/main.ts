/** `npm run incidents`: incidents on the terminal, from the topic. */
import { Command, CommanderError } from 'commander';
import picocolors from 'picocolors';
import { readConfig } from '#infra/config.ts';
import { brokersOf } from '#infra/endpoints.ts';
import { messageOf } from '#infra/errors.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { createLog } from '#infra/log.ts';
import { topicName } from '#infra/topics.ts';
import type { FindingKind } from '#schemas/events.ts';
import { incidentLine } from './line.ts';
import { type PositionedIncident, positionsAt, readIncidents, tailIncidents } from './tail.ts';

interface Options {
  readonly follow?: boolean;
  readonly fromBeginning: boolean;
  readonly kind?: FindingKind;
  readonly json?: boolean;
}

const program = new Command('incidents')
  .description('Prints the incidents that ATI has found, one line for each of their events.')
  .option('-f, --follow', 'go on with new ones as they come, until Ctrl-C')
  .option('--no-from-beginning', 'leave out what is there already (only with --follow)')
  .option('-k, --kind <kind>', 'only of this kind, for example retry_storm')
  .option('--json', 'one JSON object a line')
  .addHelpText(
    'after',
    '\nKAFKA_BROKERS and ATI_TOPIC_PREFIX say where to read, as for every ATI process; the embedded broker otherwise.',
  )
  .exitOverride();

async function print(items: AsyncIterable<PositionedIncident>, { kind, json }: Options): Promise<number> {
  const colours = picocolors.createColors(process.stdout.isTTY === true && picocolors.isColorSupported);
  let printed = 0;
  for await (const { event } of items) {
    if (kind !== undefined && event.kind !== kind) continue;
    process.stdout.write(`${json ? JSON.stringify(event) : incidentLine(event, colours)}\n`);
    printed++;
  }
  return printed;
}

async function run(kafka: Kafka, topic: string, options: Options, signal: AbortSignal): Promise<void> {
  const end = await positionsAt(kafka, topic, 'end');
  let printed = 0;
  if (options.fromBeginning) {
    const beginning = await positionsAt(kafka, topic, 'beginning');
    printed = await print(readIncidents(kafka, topic, beginning, end), options);
  }
  if (options.follow) await print(tailIncidents(kafka, topic, end, { signal }), options);
  else if (printed === 0) console.error('no incidents yet');
}

async function main(): Promise<number> {
  const read = readConfig(process.env);
  if (!read.ok) {
    console.error(read.message);
    return 2;
  }
  const options = program.parse().opts<Options>();
  if (!options.fromBeginning && !options.follow) {
    console.error('--no-from-beginning leaves nothing to print without --follow: give both, or neither');
    return 2;
  }
  const { config } = read;
  const brokers = brokersOf(config);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', () => process.exit(0));
  let kafka: Kafka;
  try {
    kafka = await connectKafka({ brokers, clientId: 'ati-incidents', log: createLog('incidents', 'silent') });
  } catch {
    const hint = config.KAFKA_BROKERS.length > 0 ? 'check KAFKA_BROKERS' : 'is `npm start` running?';
    console.error(`no Kafka broker answers at ${brokers.join(', ')}: ${hint}`);
    return 1;
  }
  try {
    await run(kafka, topicName('incidents', config.ATI_TOPIC_PREFIX), options, stop.signal);
    return 0;
  } catch (error) {
    console.error(`reading the incidents failed: ${messageOf(error)}`);
    return 1;
  } finally {
    await kafka.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  },
);
