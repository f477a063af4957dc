/** `npm run incidents`: incidents on the terminal, from the topic; and what an operator does with them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import { colours } from '#infra/colours.ts';
import { type Config, readConfig } from '#infra/config.ts';
import { brokersOf, urlOf } from '#infra/endpoints.ts';
import { messageOf } from '#infra/errors.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { KafkaError } from '#infra/kafka/errors.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { kafkaOf } from '#infra/kafka/security.ts';
import { createLog } from '#infra/log.ts';
import { topicName } from '#infra/topics.ts';
import { act, DONE, findIncident } from './act.ts';
import { incidentEntry } from './entry.ts';
import { deedLine, incidentLine, jsonLine, printable } from './line.ts';
import { type ActOptions, type ListOptions, parseOptions } from './options.ts';
import { type Output, printIncidents } from './print.ts';
import { lastSeen } from './seen.ts';
import { wrap } from './wrap.ts';

/** Longer than stage 2 and the sink take. */
const APPLIED_WITHIN_MS = 10_000;

const remark = (text: string) => console.error(text);
const write = (line: string) => void process.stdout.write(`${line}\n`);

const jsonOutput: Output = {
  list: async (incidents) => {
    for (const { last } of incidents) write(jsonLine(last));
  },
  line: (event) => write(jsonLine(event)),
  remark,
  now: Date.now,
};

/** `api`: who knows when incidents were last seen. */
function textOutput(api: string): Output {
  const terminal = process.stdout.isTTY === true;
  // A terminal that does not say how wide it is has no width to break at.
  const columns = () => (terminal && process.stdout.columns > 0 ? process.stdout.columns : undefined);
  return {
    list: async (incidents) => {
      if (incidents.length === 0) return;
      const seen = await lastSeen(api, sleep);
      for (const each of incidents)
        write(
          incidentEntry(each, seen.get(each.last.incidentId), Date.now(), { colours, columns: columns() }),
        );
    },
    line: (event, advise) =>
      write(wrap(incidentLine(event, colours, advise), columns() ?? Number.POSITIVE_INFINITY, 4)),
    remark,
    now: Date.now,
  };
}

async function list(config: Config, options: ListOptions): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  let kafka: Kafka;
  try {
    kafka = await connectKafka({
      ...kafkaOf(config),
      clientId: 'ati-incidents',
      log: createLog('incidents', 'silent'),
    });
  } catch (error) {
    const hint = config.KAFKA_BROKERS.length > 0 ? 'check KAFKA_BROKERS' : 'is `npm start` running?';
    const away = error instanceof KafkaError && error.transient;
    const reason = `no Kafka broker answers at ${brokersOf(config).join(', ')}: ${hint}`;
    console.error(away ? reason : messageOf(error));
    return 1;
  }
  const output = options.json ? jsonOutput : textOutput(urlOf(config, config.ATI_API_PORT));
  try {
    const topic = topicName('incidents', config.ATI_TOPIC_PREFIX);
    await printIncidents(kafka, topic, options, output, stop.signal);
    return 0;
  } catch (error) {
    console.error(printable(`reading the incidents failed: ${messageOf(error)}`));
    return 1;
  } finally {
    await kafka.close();
  }
}

async function operate(config: Config, { prefix, api, deed }: ActOptions): Promise<number> {
  const base = api ?? urlOf(config, config.ATI_API_PORT);
  const found = await findIncident(base, prefix);
  const done = found.ok
    ? await act(base, found.value, deed, { withinMs: APPLIED_WITHIN_MS, now: () => performance.now(), sleep })
    : found;
  if (!done.ok) {
    console.error(done.reason.split('\n').map(printable).join('\n'));
    return 1;
  }
  if (done.value === undefined) {
    console.error('it is on the log, but has not been applied yet: npm run incidents shows when it is');
    return 0;
  }
  process.stdout.write(`${deedLine(done.value, DONE[deed.action])}\n`);
  return 0;
}

async function main(): Promise<number> {
  const read = readConfig(process.env);
  if (!read.ok) {
    console.error(read.message);
    return 2;
  }
  const asked = parseOptions(process.argv.slice(2), process.env.USER || undefined);
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', () => process.exit(0));
  return asked.command === 'list' ? list(read.config, asked.list) : operate(read.config, asked.act);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  },
);
