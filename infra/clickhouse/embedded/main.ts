/** The embedded engine: chdb behind ClickHouse's HTTP interface, one process on one data directory, on loopback. */
import path from 'node:path';
import { runProcess } from '#infra/process.ts';
import { Engine } from './engine.ts';
import { takeEnvironment } from './environment.ts';
import { engineOptions } from './options.ts';
import { listen } from './server.ts';

const GRACE_MS = 4_000;

takeEnvironment(process.env);

runProcess('engine', async ({ config, log, lifecycle }) => {
  const dataDir = path.resolve(config.ATI_DATA_DIR, 'clickhouse');
  const engine = await Engine.open(
    engineOptions({
      dataDir,
      fsync: config.ATI_ENGINE_FSYNC,
      maxBodyBytes: config.ATI_ENGINE_MAX_BODY_BYTES,
    }),
  );
  const server = await listen(engine, config.ATI_ENGINE_PORT, {
    user: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
  });
  let drained = false;
  lifecycle.onStop('draining', 'http', async () => {
    drained = await server.close(GRACE_MS);
  });
  lifecycle.onStop('closed', 'engine', () => {
    if (drained) return engine.close();
    // Closing would wait for the query, without end and with the event loop stopped. What has been acknowledged
    // survives this end as it survives any other.
    log.warn('a query does not end: the engine ends without it');
    process.kill(process.pid, 'SIGKILL');
  });
  log.info({ port: server.port, version: engine.version, dataDir }, 'the embedded engine answers');
});
