import type { Config } from '#infra/config.ts';
import { messageOf, UserError } from '#infra/errors.ts';
import { listen } from '#infra/http.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import type { ProcessContext } from '#infra/process.ts';
import { buildIngest } from './ingest.ts';
import { startIntake } from './kafka/start.ts';
import { derivedSalt, type HashValue, hasher, persistedSalt } from './salt.ts';
import { DEFAULT_TENANT } from './tenant.ts';

/** The producer's own retries; clients are told within eight seconds, with its last error if it has given up. */
const PRODUCE_PATIENCE_MS = 5_000;

/** The ingest of a process, listening; both doors, HTTP and Kafka, stop with the lifecycle. */
export async function startIngest(
  { config, log, lifecycle }: ProcessContext,
  connect: () => Promise<Kafka>,
): Promise<void> {
  const hash = await hasherOf(config);
  const kafka = await connect();
  const producer = await kafka.producer({ compression: 'zstd', patienceMs: PRODUCE_PATIENCE_MS });
  lifecycle.onStop('closed', 'producer', () => producer.close());

  const ingest = buildIngest({
    config,
    log,
    producer,
    ping: () => kafka.ping(),
    hashOf: () => hash,
    now: Date.now,
  });
  const intake = startIntake({ config, log, kafka, producer, doors: ingest.doors });
  if (intake !== undefined) ingest.alsoReady(() => intake.reason);
  lifecycle.onStop('draining', 'doors', () => Promise.all([ingest.drain(), intake?.close()]));
  lifecycle.onStop('flushed', 'batches', () => ingest.flush());
  await listen(ingest.app, {
    host: config.ATI_HOST,
    port: config.ATI_INGEST_PORT,
    portVariable: 'ATI_INGEST_PORT',
  });
}

async function hasherOf({ ATI_SALT, ATI_DATA_DIR }: Config): Promise<HashValue> {
  if (ATI_SALT !== '') return hasher(derivedSalt(ATI_SALT, DEFAULT_TENANT));
  try {
    return hasher(await persistedSalt(ATI_DATA_DIR, DEFAULT_TENANT));
  } catch (error) {
    throw new UserError(`the salt cannot be used: ${messageOf(error)}`);
  }
}
