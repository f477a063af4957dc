/**
 * Of every route of the query API: how to ask it, so that the answer shows what the asking tenant has stored
 * (data.ts). A new route needs a line here; routes.int.test.ts says so.
 */
import { INCIDENT, TRACE } from './data.ts';

export type Spec =
  | {
      readonly kind: 'data';
      /** Several, where what is asked for changes what is read. */
      readonly ask: readonly Ask[];
    }
  /** Nothing of any tenant: the same for everybody. */
  | { readonly kind: 'public'; readonly url: string }
  /** Tested where it says. */
  | { readonly kind: 'elsewhere'; readonly where: string };

export interface Ask {
  readonly url: string;
  readonly payload?: object;
  /** What the owner's answer must hold: the canary, unless it is said. */
  readonly shows?: RegExp;
}

const data = (...ask: readonly (string | Ask)[]): Spec => ({
  kind: 'data',
  ask: ask.map((each) => (typeof each === 'string' ? { url: each } : each)),
});
const same = (url: string): Spec => ({ kind: 'public', url });
const action = (name: string, more: object = {}): Ask => ({
  url: `/v1/incidents/${INCIDENT}/${name}`,
  payload: { by: 'ann', ...more },
  shows: /^(\{"incidentId":|\{"error":\{"code":"conflict")/,
});
const sql = (query: string, shows?: RegExp): Ask => ({
  url: '/v1/sql',
  payload: { query, format: 'JSON' },
  ...(shows && { shows }),
});

/** By method and URL as the route is registered; HEAD is GET without a body, /docs one thing. */
export const SPECS: Readonly<Record<string, Spec>> = {
  'GET /v1/incidents': data(
    '/v1/incidents',
    '/v1/incidents?limit=1',
    `/v1/incidents?traceId=${TRACE}`,
    `/v1/incidents?id=${INCIDENT.slice(0, 31)}`,
    '/v1/incidents?kind=retry_storm&state=open&severity=warning&muted=false&acknowledged=false',
  ),
  'GET /v1/incidents/:id': data(`/v1/incidents/${INCIDENT}`),
  'GET /v1/incidents/:id/events': data(`/v1/incidents/${INCIDENT}/events`),
  'GET /v1/incidents/stream': { kind: 'elsewhere', where: 'test/tenants/stream.int.test.ts' },
  'POST /v1/incidents/:id/:action': data(
    action('acknowledge'),
    action('unacknowledge'),
    action('mute', { minutes: 5 }),
    action('unmute'),
  ),
  'GET /v1/traces': data('/v1/traces', '/v1/traces?limit=3', '/v1/traces?kind=retry_storm&findings=true'),
  'GET /v1/traces/:id': data(`/v1/traces/${TRACE}`, `/v1/traces/${TRACE}?spans=0`),
  'GET /v1/traces/:id/insights': data(`/v1/traces/${TRACE}/insights`),
  'GET /v1/critical-path': data('/v1/critical-path', '/v1/critical-path?by=instance&limit=1'),
  'GET /v1/attribution': data('/v1/attribution?slow=p90', '/v1/attribution?slow=failing'),
  'GET /v1/operations': data('/v1/operations'),
  'GET /v1/metrics': data(
    '/v1/metrics',
    '/v1/metrics?limit=1',
    '/v1/metrics?step=60',
    '/v1/metrics?type=sum',
  ),
  'GET /v1/metrics/names': data('/v1/metrics/names'),
  'GET /v1/logs': data('/v1/logs', `/v1/logs?traceId=${TRACE}`),
  'POST /v1/sql': data(
    ...[
      'otel_traces FINAL',
      'otel_logs',
      'otel_metrics_gauge AS g',
      'ati_traces FINAL',
      'ati_signals',
      'ati_incident_events',
      'ati_incidents',
      'ati_critical_path',
    ].map((table) => sql(`SELECT * FROM ${table} LIMIT 100`)),
    sql('SELECT count(), uniq(TenantId), groupUniqArray(TenantId) FROM ati_traces', /"1"/),
    sql('SELECT * FROM ati_traces UNION ALL SELECT * FROM ati_traces LIMIT 500'),
    sql('WITH t AS (SELECT * FROM otel_traces) SELECT a.SpanName FROM t AS a JOIN t AS b USING (TraceId)'),
    sql('SELECT SpanName FROM otel_traces WHERE TraceId IN (SELECT TraceId FROM ati_traces)'),
    sql("SELECT SpanName FROM otel_traces WHERE TenantId != '' OR 1"),
    sql('SELECT SpanName FROM otel_traces LIMIT 1 BY SpanName'),
    sql('DESCRIBE TABLE otel_traces', /SpanName/),
    sql('SHOW TABLES', /otel_traces/),
    sql('SHOW CREATE TABLE ati_incidents', /Revision/),
    sql('EXPLAIN SYNTAX SELECT count() FROM otel_traces', /count/),
    sql('EXPLAIN ESTIMATE SELECT count() FROM otel_traces', /refused/),
    sql('EXPLAIN indexes = 1 SELECT count() FROM otel_traces', /refused/),
    sql('SELECT CAST(SpanName AS UInt8) FROM otel_traces'),
    sql('SELECT * FROM ati_test.otel_traces', /refused/),
    sql('SELECT count() FROM ati_migrations', /error/),
    sql('SELECT _part, _partition_id FROM otel_traces', /error/),
  ),

  'GET /': same('/'),
  'GET /live': same('/live'),
  'GET /ready': same('/ready'),
  'GET /health': same('/health'),
  'GET /docs': same('/docs/json'),
  'GET /metrics': { kind: 'elsewhere', where: 'test/tenants/routes.int.test.ts' },
  'GET /schemas/ids/:id': same('/schemas/ids/1'),
  'GET /subjects': same('/subjects'),
  'GET /subjects/:subject/versions': same('/subjects/test.ati.incidents-ati.IncidentEvent/versions'),
  'GET /subjects/:subject/versions/:version': same(
    '/subjects/test.ati.incidents-ati.IncidentEvent/versions/latest',
  ),
};
