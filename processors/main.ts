import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '#infra/errors.ts';
import { opsServer } from '#infra/http.ts';
import { startKafka } from '#infra/kafka/start.ts';
import { type ProcessContext, runProcess } from '#infra/process.ts';
import { configureDetectors } from './detectors/registry.ts';
import { startProcessor } from './runtime/processor.ts';
import { topicsOf } from './runtime/topics.ts';
import { WorkerPool } from './runtime/worker-pool.ts';
import { settingsOf } from './settings.ts';
import { settingsFault } from './windows/settings.ts';

runProcess('processor', start);

async function start(context: ProcessContext): Promise<void> {
  const { config, log, lifecycle } = context;
  const settings = settingsOf(config);
  const detectors = configureDetectors(settings.detectors);
  if (!detectors.ok) throw new UserError(detectors.message);
  const fault = settingsFault(settings.windows);
  if (fault !== undefined) throw new UserError(fault);

  const kafka = await startKafka(context, 'ati-processor');
  const processor = await startProcessor({
    kafka,
    topics: topicsOf(config.ATI_TOPIC_PREFIX),
    settings,
    detectors: detectors.detectors,
    pool: new WorkerPool(config.ATI_WORKERS, { assembly: settings.assembly, detectors: settings.detectors }),
    log,
    now: Date.now,
    ticks: config.ATI_TICKS,
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
