/** `/`: what there is. */
import type { Api } from '../deps.ts';

const LINKS = [
  ['/docs', 'the API, to read and to try (OpenAPI: /docs/json)'],
  ['/v1/incidents', 'incidents, the last changed first'],
  ['/v1/incidents/stream', 'incidents as they happen (server-sent events)'],
  ['/v1/traces', 'traces, the newest first'],
  ['/v1/critical-path', 'which operation owns how much of the critical path of many traces'],
  ['/v1/attribution', 'why the slowest traces are: ranked causes'],
  ['/v1/operations', 'latency and errors of every operation over time'],
  ['/v1/metrics', 'data points of metrics, the newest first; with ?step=60 in buckets of time'],
  ['/v1/metrics/names', 'which metrics there are'],
  ['/v1/logs', 'log records, the newest first'],
  ['/subjects', 'Avro schemas of the topics, as a Schema Registry'],
  ['/health', 'can it answer?'],
  ['/metrics', 'for Prometheus'],
] as const;

/** Those that need more than a click. */
const OTHERS = [
  ['GET /v1/traces/{id}/insights', 'why a trace took its time'],
  ['POST /v1/incidents/{id}/acknowledge', 'somebody looks after it; also unacknowledge, mute, unmute'],
  ['POST /v1/sql', 'read-only SQL'],
] as const;

function html(): string {
  const items = LINKS.map(([href, about]) => `<li><a href="${href}">${href}</a>: ${about}</li>`).join('\n');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ATI</title>
<style>body{font:16px/1.6 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem}</style>
<h1>ATI query API</h1>
<ul>
${items}
<li><code>/v1/traces/{id}/insights</code>: why a trace took its time</li>
<li><code>POST /v1/sql</code>: <code>{"query": "SELECT count() FROM otel_traces FINAL"}</code></li>
</ul>
</html>
`;
}

export function registerIndex(app: Api): void {
  app.get('/', { schema: { hide: true }, config: { access: 'open' } }, async ({ headers }, reply) => {
    if (headers.accept?.includes('text/html')) return reply.type('text/html; charset=utf-8').send(html());
    return reply.send({
      name: 'ATI query API',
      links: Object.fromEntries([...LINKS, ...OTHERS]),
    });
  });
}
