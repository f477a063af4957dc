import { metrics } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { SCOPE } from './scope.ts';

/** Those that OpenTelemetry knows; others become `_OTHER`, so that nobody can make series at will. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']);

/** Seconds, as the convention advises. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * Measures every request of a server by OpenTelemetry's conventions: `http.server.active_requests`, and
 * `http.server.request.duration` (seconds, to the last byte) by method, route and status; a request whose caller went away
 * has `error.type` = `aborted`.
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
 *
 * Before the server is ready, after the SDK was started.
 */
export function measureRequests(app: FastifyInstance): void {
  const meter = metrics.getMeter(SCOPE);
  const active = meter.createUpDownCounter('http.server.active_requests', {
    unit: '{request}',
    description: 'Number of active HTTP server requests.',
  });
  const duration = meter.createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of HTTP server requests.',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  app.addHook('onRequest', (request, reply, done) => {
    const started = performance.now();
    const caller = {
      'http.request.method': METHODS.has(request.method) ? request.method : '_OTHER',
      'url.scheme': request.protocol,
    };
    active.add(1, caller);
    // Not `onResponse`, which does not come when the caller goes away.
    reply.raw.once('close', () => {
      active.add(-1, caller);
      const route = request.routeOptions.url;
      const status = reply.raw.headersSent ? reply.raw.statusCode : undefined;
      const error = errorOf(reply.raw.writableEnded, status);
      duration.record((performance.now() - started) / 1000, {
        ...caller,
        ...(route !== undefined && { 'http.route': route }),
        ...(status !== undefined && { 'http.response.status_code': status }),
        ...(error !== undefined && { 'error.type': error }),
      });
    });
    done();
  });
}

/** `error.type`: by convention 4xx is not the server's error. */
function errorOf(whole: boolean, status: number | undefined): string | undefined {
  if (!whole) return 'aborted';
  return status !== undefined && status >= 500 ? String(status) : undefined;
}
