import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { topicName } from '#infra/topics.ts';
import {
  batchesOnLog,
  type IngestProcess,
  spanIdsOf,
  spawnIngest,
} from '#producers/ingest/testing-process.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { eventually, postUntilAcknowledged } from '../support/otlp-client.ts';
import { resultsOf, startBeside } from '../support/results.ts';
import { scenarioRuns } from '../support/scenario-spans.ts';

const UNCOMMITTED = fileURLToPath(
  new URL('../../producers/ingest/kafka/fixtures/uncommitted/main.ts', import.meta.url),
);
const COMMON = { ATI_SALT: 'intake', ATI_QUIET_GAP_MS: '3000' };
const TOPIC = 'd.otlp_spans';

const installations: Installation[] = [];
const ingests: IngestProcess[] = [];
afterEach(async () => {
  for (const ingest of ingests.splice(0)) await ingest.end('SIGKILL');
  for (const each of installations.toReversed()) await each.stop();
  for (const each of installations.splice(0)) await each.remove();
});

/** An ingest beside the installation's own one, which takes TOPIC. */
async function intake({ config }: Installation, file?: string): Promise<IngestProcess> {
  const env = {
    ...COMMON,
    ATI_DATA_DIR: config.ATI_DATA_DIR,
    KAFKA_BROKERS: config.KAFKA_BROKERS.join(),
    ATI_TOPIC_PREFIX: config.ATI_TOPIC_PREFIX,
    ATI_OTLP_TRACES_TOPICS: TOPIC,
  };
  const ingest = await spawnIngest(env, file);
  ingests.push(ingest);
  await ingest.ready;
  return ingest;
}

test('mode C, killed with SIGKILL between produce and commit: the same tables and incidents as by HTTP', async () => {
  const direct = await startInstallation({ env: COMMON });
  installations.push(direct);
  const crashed = await startBeside(direct, 'd', COMMON);
  installations.push(crashed);
  const { runs, expected } = await scenarioRuns(6);

  const { kafka } = crashed;
  await kafka.ensureTopics([{ name: TOPIC, partitions: 1, config: {} }]);
  const producer = await kafka.producer();
  const exports = runs.flatMap((run) => run.exports);
  await producer.send(
    TOPIC,
    exports.map(({ otlp }) => ({ value: otlp })),
  );
  await producer.close();
  for (const { otlp } of exports) await postUntilAcknowledged(`${direct.ingestUrl}/v1/traces`, otlp);

  const spansOnLog = async () =>
    spanIdsOf(await batchesOnLog(crashed.config.KAFKA_BROKERS, crashed.config.ATI_TOPIC_PREFIX));
  const group = `${crashed.config.ATI_TOPIC_PREFIX}ati-ingest-otlp`;
  const committed = async () => (await kafka.committed(group, TOPIC))[0].offset;
  const victim = await intake(crashed, UNCOMMITTED);
  await eventually('all is produced', async () =>
    (await spansOnLog()).length === expected.spans ? true : undefined,
  );
  await victim.end('SIGKILL');
  expect(await committed()).toBe(-1);

  await intake(crashed);
  await eventually('all is committed', async () =>
    (await committed()) === exports.length ? true : undefined,
  );
  const ids = await spansOnLog();
  expect(ids).toHaveLength(2 * expected.spans);
  expect(new Set(ids).size).toBe(expected.spans);

  // The second delivery has been read by everybody: stored, and analysed with no trace left that it could re-open.
  const spans = topicName('spans', crashed.config.ATI_TOPIC_PREFIX);
  const ends = await kafka.offsets(spans);
  for (const reader of ['ati-sink-spans', 'ati-assembly'])
    await eventually(`${reader} is past it`, async () => {
      const offsets = await kafka.committed(`${crashed.config.ATI_TOPIC_PREFIX}${reader}`, spans);
      return offsets.every(({ offset }, i) => offset >= ends[i].latest) ? true : undefined;
    });
  const results = await resultsOf(direct, expected);
  expect(results.spans).toHaveLength(expected.spans);
  expect(results.incidents.map(({ kind }) => kind).sort()).toEqual(expected.incidents);
  expect(await resultsOf(crashed, expected)).toEqual(results);
});
