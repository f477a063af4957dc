import { setTimeout as wait } from 'node:timers/promises';
import { startAccess } from '#infra/access/start.ts';
import { type Config, readConfig } from '#infra/config.ts';
import { UserError } from '#infra/errors.ts';
import { opsServer } from '#infra/http.ts';
import { startKafka } from '#infra/kafka/start.ts';
import { type ProcessContext, runProcess } from '#infra/process.ts';
import { tlsOf } from '#infra/tls.ts';
import { configureDetectors } from './detectors/registry.ts';
import { startProcessor } from './runtime/processor.ts';
import { topicsOf } from './runtime/topics.ts';
import { WorkerPool } from './runtime/worker-pool.ts';
import { settingsOf } from './settings.ts';
import { settingsFault } from './windows/settings.ts';

// With `--check` it only says whether it would start: for the stack, before anything else has.
if (process.argv.includes('--check')) check();
else runProcess('processor', start);

/** What the configuration says; throws what is wrong with it (UserError). */
function checkedSettings(config: Config) {
  const settings = settingsOf(config);
  const detectors = configureDetectors(settings.detectors);
  if (!detectors.ok) throw new UserError(detectors.message);
  const fault = settingsFault(settings.windows);
  if (fault !== undefined) throw new UserError(fault);
  return { settings, detectors: detectors.detectors };
}

function check(): void {
  try {
    const read = readConfig(process.env);
    if (!read.ok) throw new UserError(read.message);
    checkedSettings(read.config);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function start(context: ProcessContext): Promise<void> {
  const { config, log, lifecycle } = context;
  const { settings, detectors } = checkedSettings(config);
  const access = await startAccess(context);
  const tls = tlsOf(config);

  const kafka = await startKafka(context, 'ati-processor');
  const pool = new WorkerPool(config.ATI_WORKERS, {
    assembly: settings.assembly,
    detectors: settings.detectors,
  });
  const processor = await startProcessor({
    kafka,
    topics: topicsOf(config.ATI_TOPIC_PREFIX),
    settings,
    detectors,
    pool,
    log,
    now: Date.now,
    ticks: config.ATI_TICKS,
    deadLetterShare: config.ATI_DEAD_LETTER_SHARE,
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
    access,
    tls,
    live: () => pool.live(),
    ready: async () => {
      const reasons = [...processor.ready().reasons, ...pool.live().reasons];
      if (!(await kafka.ping())) reasons.push('no Kafka broker answers');
      return { ok: reasons.length === 0, reasons };
    },
  });
  lifecycle.onStop('closed', 'http', () => app.close());
  // `ready` is told once both groups have an assignment.
  while (!processor.ready().ok && lifecycle.state === 'starting') await wait(20);
}
