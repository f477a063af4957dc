import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { agentHostOf, agentUrlOf, urlOf } from '#infra/endpoints.ts';
import { runProcess } from '#infra/process.ts';
import { Journal } from '../live/journal.ts';
import { LiveWorld } from '../live/world.ts';
import type { Slots } from '../slots.ts';
import { observePools } from '../telemetry/pools.ts';
import { startTelemetry } from '../telemetry/start.ts';
import { buildAgentApp } from './app.ts';

runProcess('agent-app', async ({ config, lifecycle, log }) => {
  const telemetry = startTelemetry({
    serviceName: config.SERVICE_NAME,
    instanceId: randomUUID(),
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT || urlOf(config, config.ATI_INGEST_PORT),
    token: config.ATI_TOKEN,
    exportDelayMs: config.ATI_EXPORT_DELAY_MS,
    metricsIntervalMs: config.ATI_METRICS_INTERVAL_MS,
    log,
  });
  // By port: meshes side by side have one each, and a restart goes on with its own.
  const journal = new Journal(
    path.join(config.ATI_DATA_DIR, 'checkpoints', `agent-${config.ATI_AGENT_PORT}.journal`),
  );
  const pools = new Set<Slots>();
  observePools(() => [journal.queue, ...pools]);
  const toolUrl = config.TOOL_SERVICE_URL || agentUrlOf(config, config.ATI_TOOL_PORT);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // every wait and call of every run listens
  const app = buildAgentApp({
    world: new LiveWorld(toolUrl, journal, stopping.signal),
    toolDelayMs: config.TOOL_DELAY_MS,
    agentPrefix: config.AGENT_NAME,
    pools,
  });
  lifecycle.onStop('draining', 'http', () => {
    stopping.abort();
    return app.close();
  });
  lifecycle.onStop('flushed', 'checkpoints', () => journal.close());
  lifecycle.onStop('flushed', 'telemetry', () => telemetry.close());
  await app.listen({ host: agentHostOf(config), port: config.ATI_AGENT_PORT });
});
