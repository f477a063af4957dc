import { randomUUID } from 'node:crypto';
import { agentHostOf, urlOf } from '#infra/endpoints.ts';
import { runProcess } from '#infra/process.ts';
import { startTelemetry } from '../telemetry/start.ts';
import { buildToolService } from './app.ts';

runProcess('tool-service', async ({ config, lifecycle, log }) => {
  const telemetry = startTelemetry({
    serviceName: 'tool-service',
    instanceId: randomUUID(),
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT || urlOf(config, config.ATI_INGEST_PORT),
    token: config.ATI_TOKEN,
    exportDelayMs: config.ATI_EXPORT_DELAY_MS,
    metricsIntervalMs: config.ATI_METRICS_INTERVAL_MS,
    log,
  });
  const app = buildToolService({ delayMs: config.TOOL_DELAY_MS, errorRate: config.TOOL_ERROR_RATE });
  lifecycle.onStop('draining', 'http', () => app.close());
  lifecycle.onStop('flushed', 'telemetry', () => telemetry.close());
  await app.listen({ host: agentHostOf(config), port: config.ATI_TOOL_PORT });
});
