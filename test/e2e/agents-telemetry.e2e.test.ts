import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#infra/testing/until.ts';
import { type Installation, startInstallation } from '../support/installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation({ agents: true, env: { ATI_METRICS_INTERVAL_MS: '500' } });
});
afterAll(async () => {
  await installation?.stop();
  await installation?.remove();
});

const SERVICES = ['synthetic-agent-app', 'tool-service'];
const rows = <Row>(sql: string) => installation.clickhouse.query<Row>(sql);

test('event loops, pools and requests of the synthetic agents and their tools', async () => {
  await until('their metrics', async () => {
    const found = await rows<{ service: string; name: string }>(
      `SELECT DISTINCT ServiceName AS service, MetricName AS name FROM otel_metrics_gauge
       UNION DISTINCT SELECT ServiceName, MetricName FROM otel_metrics_sum`,
    );
    const names = new Set(found.map(({ service, name }) => `${service} ${name}`));
    return (
      SERVICES.every((service) => names.has(`${service} nodejs.eventloop.delay.p99`)) &&
      names.has('synthetic-agent-app ati.pool.waiting')
    );
  });
});

test('a run that has failing tools: its log records join its spans, in both services', async () => {
  const answer = await fetch(
    `${installation.agentUrl}/run?scenario=retry&fanout=20&error_rate=0.3&delay_ms=5&seed=3`,
  );
  const { traceId, toolErrors } = (await answer.json()) as { traceId: string; toolErrors: number };
  expect(toolErrors).toBeGreaterThan(0);
  const joined = await until('each record beside its span', async () => {
    const found = await rows<{ service: string; event: string; span: string; records: string }>(
      `SELECT l.ServiceName AS service, l.EventName AS event, s.SpanName AS span, count() AS records
       FROM (SELECT * FROM otel_logs FINAL WHERE TraceId = '${traceId}') AS l
       JOIN (SELECT * FROM otel_traces FINAL WHERE TraceId = '${traceId}') AS s ON l.SpanId = s.SpanId
       GROUP BY ALL ORDER BY service`,
    );
    const records = found.reduce((sum, row) => sum + Number(row.records), 0);
    return records === toolErrors + 1 && found;
  });
  expect(joined).toMatchObject([
    { service: 'synthetic-agent-app', event: 'ati.workflow.ended', span: 'workflow', records: '1' },
    {
      service: 'tool-service',
      event: 'ati.tool.failed',
      span: 'GET /tool/:name',
      records: String(toolErrors),
    },
  ]);
  // Its requests by route: the door lets it pass.
  await until('the requests of the tools', async () => {
    const found = await rows<{ status: string }>(
      `SELECT DISTINCT Attributes['http.response.status_code'] AS status FROM otel_metrics_histogram
       WHERE MetricName = 'http.server.request.duration' AND Attributes['http.route'] = '/tool/:name'`,
    );
    return found.length === 2;
  });
});
