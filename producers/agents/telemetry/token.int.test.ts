import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { startTelemetry } from './start.ts';

afterEach(() => vi.unstubAllEnvs());

/** The `authorization` of each request of a span's export, and what became of it. */
async function exported(
  token: string,
  status = 200,
): Promise<{ sent: (string | undefined)[]; failure: string }> {
  const sent: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/v1/traces') sent.push(request.headers.authorization);
    request
      .resume()
      .on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const telemetry = startTelemetry({
    serviceName: 'test',
    instanceId: '1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    exportDelayMs: 10,
    metricsIntervalMs: 60_000,
    log: pino({ level: 'silent' }),
  });
  trace.getTracer('test').startSpan('s').end();
  const failure = await telemetry.flush().then(() => '', String);
  await telemetry.close();
  server.close();
  return { sent, failure };
}

test('the token is a bearer; without one nothing is sent', async () => {
  expect((await exported('ati_x')).sent).toEqual(['Bearer ati_x']);
  expect((await exported('')).sent).toEqual([undefined]);
});

test.each(['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'])(
  '%s goes first, and other headers in it leave the token',
  async (name) => {
    vi.stubEnv(name, 'x=y,authorization=Bearer%20other');
    expect((await exported('ati_x')).sent).toEqual(['Bearer other']);
    vi.stubEnv(name, 'x=y');
    expect((await exported('ati_x')).sent).toEqual(['Bearer ati_x']);
  },
);

test('a receiver that refuses says what to do, without the token', async () => {
  vi.stubEnv('ATI_TOKEN', 'ati_canary');
  const { failure } = await exported('ati_canary', 401);
  expect(failure).toContain(
    'HTTP 401, the token in ATI_TOKEN is not valid there: set ATI_TOKEN to a token with the scope ingest',
  );
  expect(failure).not.toContain('canary');
});
