import { DEFAULT_TENANT } from '#infra/access/access.ts';
import { startAccess } from '#infra/access/start.ts';
import { messageOf, UserError } from '#infra/errors.ts';
import { listen } from '#infra/http.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import type { ProcessContext } from '#infra/process.ts';
import { tlsOf } from '#infra/tls.ts';
import { buildIngest } from './ingest.ts';
import { startIntake } from './kafka/start.ts';
import { type TenantHashes, tenantHashes } from './tenant-hashes.ts';

/** The producer's own retries; clients are told within eight seconds, with its last error if it has given up. */
const PRODUCE_PATIENCE_MS = 5_000;

/** The ingest of a process, listening; both doors, HTTP and Kafka, stop with the lifecycle. */
export async function startIngest(context: ProcessContext, connect: () => Promise<Kafka>): Promise<void> {
  const { config, log, lifecycle } = context;
  const access = await startAccess(context);
  const tls = tlsOf(config);
  const hashes = tenantHashes(config);
  await prepareDefault(hashes);
  const kafka = await connect();
  const producer = await kafka.producer({ compression: 'zstd', patienceMs: PRODUCE_PATIENCE_MS });
  lifecycle.onStop('closed', 'producer', () => producer.close());

  const ingest = buildIngest({
    config,
    log,
    producer,
    ping: () => kafka.ping(),
    access,
    tls,
    hashes,
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

/** What comes through Kafka is the default tenant's; and a data directory that cannot be used is said now. */
async function prepareDefault(hashes: TenantHashes): Promise<void> {
  try {
    await hashes.prepare(DEFAULT_TENANT);
  } catch (error) {
    throw new UserError(`the salt cannot be used: ${messageOf(error)}`);
  }
}
