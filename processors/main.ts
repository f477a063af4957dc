import { setTimeout as wait } from 'node:timers/promises';
import { brokersOf } from '#infra/endpoints.ts';
import { messageOf, UserError } from '#infra/errors.ts';
import { opsServer } from '#infra/http.ts';
import { connectKafka } from '#infra/kafka/client.ts';
import { ensureAtiTopics } from '#infra/kafka/ensure.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { type ProcessContext, runProcess } from '#infra/process.ts';
import { configureDetectors } from './detectors/registry.ts';
import { startProcessor } from './runtime/processor.ts';
import { topicsOf } from './runtime/topics.ts';
import { WorkerPool } from './runtime/worker-pool.ts';
import { settingsOf } from './settings.ts';
import { settingsFault } from './windows/settings.ts';

runProcess('processor', start);

async function start({ config, log, lifecycle }: ProcessContext): Promise<void> {
  const settings = settingsOf(config);
  const detectors = configureDetectors(settings.detectors);
  if (!detectors.ok) throw new UserError(detectors.message);
  const fault = settingsFault(settings.windows);
  if (fault !== undefined) throw new UserError(fault);

  const kafka = await connected(brokersOf(config), log, () => lifecycle.state === 'starting');
  lifecycle.onStop('closed', 'kafka', () => kafka.close());
  await ensureAtiTopics(kafka, config);

  const processor = await startProcessor({
    kafka,
    topics: topicsOf(config.ATI_TOPIC_PREFIX),
    settings,
    detectors: detectors.detectors,
    pool: new WorkerPool(config.ATI_WORKERS, { assembly: settings.assembly, detectors: settings.detectors }),
    log,
    now: Date.now,
    onError: (error) => lifecycle.fatal(error),
  });
  lifecycle.onStop('closed', 'processor', () => processor.close());
  lifecycle.onStop('committed', 'processor', () => processor.commit());
  lifecycle.onStop('flushed', 'processor', () => processor.flush());
  lifecycle.onStop('draining', 'processor', () => processor.drain());

  const app = await opsServer({
    host: config.ATI_HOST,
    port: config.ATI_PROCESSOR_PORT,
    portVariable: 'ATI_PROCESSOR_PORT',
    ready: () => processor.ready(),
  });
  lifecycle.onStop('closed', 'http', () => app.close());
  // `ready` is told once both groups have an assignment.
  while (!processor.ready().ok && lifecycle.state === 'starting') await wait(20);
}

const PATIENCE = 60;

/** A broker that is still starting is waited for, a minute long. */
async function connected(
  brokers: readonly string[],
  log: ProcessContext['log'],
  starting: () => boolean,
): Promise<Kafka> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectKafka({ brokers, clientId: 'ati-processor', log });
    } catch (error) {
      if (attempt >= PATIENCE || !starting()) throw new UserError(messageOf(error));
      log.warn({ attempt }, `waiting for Kafka at ${brokers.join(', ')}`);
      await wait(1_000);
    }
  }
}
