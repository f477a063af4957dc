/** The embedded engine: chdb behind ClickHouse's HTTP interface, one process on one data directory, on loopback. */
import path from 'node:path';
import { runProcess } from '#infra/process.ts';
import { Engine } from './engine.ts';
import { takeEnvironment } from './environment.ts';
import { exitWithoutEngine } from './exit.ts';
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
  exitWithoutEngine();
  lifecycle.onStop('draining', 'http', async () => {
    if (!(await server.close(GRACE_MS))) log.warn('a query does not end: the engine ends without it');
  });
  lifecycle.onStop('closed', 'engine', () => engine.leave());
  log.info({ port: server.port, version: engine.version, dataDir }, 'the embedded engine answers');
});
