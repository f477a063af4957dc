/**
 * `npm run kafka:up`: a real Kafka. The one of KAFKA_BROKERS if set, else Docker's where an engine runs, else Apache
 * Kafka's jars by Maven on Java 17. It stays up until `npm run kafka:down`.
 */
import { containerPort, dockerRuns, startContainer } from './docker.ts';
import { fetchJars, KAFKA_VERSION } from './jars.ts';
import { findJava } from './java.ts';
import { nodePid, nodePort, startNode } from './node.ts';
import { CACHE, freePorts, NODE_DIRECTORY, script } from './place.ts';
import { waitUntilServing } from './serving.ts';

const ANSWER_TIMEOUT_MS = 120_000;

const DESCRIPTION =
  `Starts a real Apache Kafka ${KAFKA_VERSION} and leaves it running until npm run kafka:down: in Docker where it ` +
  'runs, else on Java 17 with the jars that Maven fetches. With KAFKA_BROKERS=host:port it starts nothing and only ' +
  'checks that a Kafka answers there.';

await script('kafka:up', DESCRIPTION, async () => {
  const given = process.env.KAFKA_BROKERS;
  if (given) {
    await waitUntilServing(given.split(','), 10_000);
    return done(given, 'KAFKA_BROKERS is set, and a Kafka answers there');
  }
  if (nodePid(NODE_DIRECTORY) !== undefined) return done(local(nodePort(NODE_DIRECTORY)), 'already running');
  if (await dockerRuns()) {
    const running = await containerPort();
    if (running !== undefined) return done(local(running), 'already running in Docker');
    const port = await freePorts(9092);
    await startContainer(port);
    await waitUntilServing([local(port)], ANSWER_TIMEOUT_MS);
    return done(local(port), `Apache Kafka ${KAFKA_VERSION} in Docker`);
  }
  const java = await findJava();
  const lib = await fetchJars(CACHE, console.log);
  const port = await freePorts(9092);
  await startNode({ lib, java, directory: NODE_DIRECTORY, port });
  await waitUntilServing([local(port)], ANSWER_TIMEOUT_MS);
  return done(local(port), `Apache Kafka ${KAFKA_VERSION} on Java`);
});

function local(port: number | undefined): string {
  return `127.0.0.1:${port}`;
}

function done(brokers: string, how: string): number {
  console.log(`${brokers} (${how})`);
  console.log(`next: KAFKA_BROKERS=${brokers} npm run demo`);
  return 0;
}
