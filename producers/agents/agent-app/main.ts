import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { runProcess } from '#infra/process.ts';
import { startTelemetry } from '../telemetry.ts';
import { buildAgentApp } from './app.ts';

runProcess('agent-app', async ({ config, lifecycle }) => {
  const telemetry = startTelemetry({
    serviceName: config.SERVICE_NAME,
    instanceId: randomUUID(),
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT || `http://${config.ATI_HOST}:${config.ATI_INGEST_PORT}`,
    exportDelayMs: config.ATI_EXPORT_DELAY_MS,
  });
  const app = buildAgentApp({
    toolUrl: config.TOOL_SERVICE_URL || `http://${config.ATI_HOST}:${config.ATI_TOOL_PORT}`,
    toolDelayMs: config.TOOL_DELAY_MS,
    agentPrefix: config.AGENT_NAME,
    checkpointDir: path.join(config.ATI_DATA_DIR, 'checkpoints'),
  });
  lifecycle.onStop('draining', 'http', () => app.close());
  lifecycle.onStop('flushed', 'telemetry', () => telemetry.close());
  await app.listen({ host: config.ATI_HOST, port: config.ATI_AGENT_PORT });
});
