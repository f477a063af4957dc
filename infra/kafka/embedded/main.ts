/** The embedded broker as a process: ATI_DATA_DIR, ATI_BROKER_* (config.ts); loopback only. */
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { runProcess } from '../../process.ts';
import { startBroker } from './start.ts';

runProcess('broker', async ({ config, log, lifecycle }) => {
  const started = await startBroker({
    directory: join(config.ATI_DATA_DIR, 'kafka'),
    port: config.ATI_BROKER_PORT,
    advertised: config.ATI_BROKER_ADVERTISED,
    fsync: config.ATI_BROKER_FSYNC,
    autoCreateTopics: true,
    housekeepingMs: config.ATI_BROKER_HOUSEKEEPING_MS,
    log,
  });
  if (!started.ok) throw new UserError(started.reason);
  lifecycle.onStop('closed', 'broker', () => started.broker.stop());
});
