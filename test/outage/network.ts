/** Faults of the network between the services and the broker, and between the sink and ClickHouse, under load. */
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { connectClickHouse } from '#infra/clickhouse/client.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { testPeer } from '#infra/peers/testing.ts';
import { freePort } from '#infra/ports.ts';
import { until } from '#infra/testing/until.ts';
import { topicName } from '#infra/topics.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { atMost, type Check, none, type Outcome } from './check.ts';
import { type Core, startBroker, startEngine } from './cores.ts';
import { watchDeaths } from './deaths.ts';
import { FAULTS, type Fault } from './faults.ts';
import { startLoad } from './load.ts';
import type { OutageOptions } from './options.ts';
import { endsOf, isCommitted } from './progress.ts';
import { storedOf } from './stored.ts';
import { type Link, startToxiproxy } from './toxiproxy.ts';

/** Beyond the silence after which a connection is given up: to join again, to read again, to store. */
const BEYOND_MS = 15_000;

interface Links {
  readonly broker: Link;
  readonly clickhouse: Link;
}

/** undefined where there is no Toxiproxy and none is required. */
export async function networkFaults(options: OutageOptions): Promise<Outcome | undefined> {
  const peer = testPeer('toxiproxy');
  if (peer.missing) {
    options.say(`left out${peer.note}`);
    return undefined;
  }
  const proxy = await startToxiproxy(peer.path());
  const engine = await startEngine();
  const at = await freePort();
  const broker = await startBroker(options, `127.0.0.1:${at}`);
  try {
    const links = {
      broker: await proxy.link('broker', at, broker.port),
      clickhouse: await proxy.link('clickhouse', await freePort(), engine.port),
    };
    const env = {
      ...options.env,
      KAFKA_BROKERS: links.broker.address,
      CLICKHOUSE_URL: `http://${links.clickhouse.address}`,
    };
    const installation = await startInstallation({ env });
    try {
      return await run(options, links, engine, installation);
    } finally {
      await Promise.all([links.broker.heal(), links.clickhouse.heal()]);
      await installation.stop();
      await installation.remove();
    }
  } finally {
    await Promise.all([broker.close(), engine.close()]);
    await proxy.stop();
  }
}

async function run(
  options: OutageOptions,
  links: Links,
  engine: Core,
  installation: Installation,
): Promise<Outcome> {
  const { minutes, rate, say } = options;
  const { config, ingestUrl } = installation;
  const clickhouse = connectClickHouse({
    url: `http://127.0.0.1:${engine.port}`,
    database: config.CLICKHOUSE_DATABASE,
  });
  const died = watchDeaths(installation);
  const load = startLoad({ ingestUrl, tracesPerSecond: rate, plantEveryS: 0 });
  const silenceMs = Math.max(config.KAFKA_REQUEST_TIMEOUT_MS, config.ATI_SINK_TIMEOUT_MS);
  const checks: Check[] = [];
  for (const fault of FAULTS) {
    const seconds = await suffer(fault, links, installation, minutes * 60_000);
    say(`${fault.name}: recovered after ${seconds.toFixed(1)} s`);
    checks.push(atMost(`recovered from: ${fault.name}`, seconds, (silenceMs + BEYOND_MS) / 1_000, 's'));
  }
  await load.stop();
  await until(
    'all that was acknowledged is stored',
    async () => (await storedOf(clickhouse, load.acknowledged)).missing === 0,
    60_000,
    500,
  ).catch(() => undefined); // told by the check
  const stored = await storedOf(clickhouse, load.acknowledged);
  const letters = await deadLetters(installation);
  await clickhouse.close();
  const silent = load.answers.filter(({ status }) => status === 0).length;
  checks.push(
    none('acknowledged spans that are not stored', stored.missing),
    none('spans that are there more than once', stored.doubled),
    none('records that became dead letters', letters),
    none('exports without any answer', silent),
    died(),
  );
  const refused = load.answers.length - load.answers.filter(({ status }) => status === 200).length;
  say(`${load.acknowledged.size} spans acknowledged, ${refused} of ${load.answers.length} exports refused`);
  return {
    target: 'network',
    title: `${FAULTS.length} faults of the network on both links, ${Math.round(minutes * 60)} s each, under ${rate} traces a second`,
    checks,
    pictures: {},
  };
}

/** Seconds from the end of the fault until all that was on the log by then has been read and stored. */
async function suffer(
  { toxics }: Fault,
  { broker, clickhouse }: Links,
  { config }: Installation,
  forMs: number,
): Promise<number> {
  for (const toxic of toxics) await Promise.all([broker.add(toxic), clickhouse.add(toxic)]);
  await wait(forMs);
  await Promise.all([broker.heal(), clickhouse.heal()]);
  const began = performance.now();
  // A client of its own: this one was not there when the fault was.
  const kafka = await connectKafka({
    brokers: [broker.address],
    clientId: 'outage',
    log: pino({ level: 'silent' }),
    patienceMs: 30_000,
  });
  try {
    const ends = await endsOf({ kafka, config });
    await until('the backlog is stored', () => isCommitted({ kafka, config }, ends), 120_000, 100);
    return (performance.now() - began) / 1_000;
  } finally {
    await kafka.close();
  }
}

async function deadLetters({ kafka, config }: Installation): Promise<number> {
  const partitions = await kafka.offsets(topicName('deadLetters', config.ATI_TOPIC_PREFIX));
  return partitions.reduce((sum, { latest }) => sum + latest, 0);
}
