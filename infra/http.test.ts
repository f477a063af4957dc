import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import Fastify from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { OPEN_ACCESS } from './access/access.ts';
import { tokenAccess } from './access/tokens.ts';
import { UserError } from './errors.ts';
import { opsServer, type Readiness, registerOps } from './http.ts';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

function app(ready: () => Readiness | Promise<Readiness>) {
  const fastify = Fastify();
  registerOps(fastify, { ready });
  closing.push(fastify);
  return fastify;
}

describe('the operators’ routes', () => {
  test.each(['/ready', '/health'])('%s: 200 when it can do its work', async (url) => {
    const answer = await app(() => ({ ok: true, reasons: [] })).inject(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ok', reasons: [] });
  });

  test.each(['/ready', '/health'])('%s: 503 with every reason when it cannot', async (url) => {
    const reasons = ['Kafka does not answer', 'not assigned yet'];
    const answer = await app(async () => ({ ok: false, reasons })).inject(url);
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ status: 'unavailable', reasons });
  });

  test('/live: 503 when what runs beside the event loop does not get on', async () => {
    const fastify = Fastify();
    closing.push(fastify);
    const reasons = ['worker 1 has not ended for 130 s'];
    registerOps(fastify, { ready: () => ({ ok: true, reasons: [] }), live: () => ({ ok: false, reasons }) });
    const answer = await fastify.inject('/live');
    expect([answer.statusCode, answer.json()]).toEqual([503, { status: 'stuck', reasons }]);
  });

  test('/live is about the process only', async () => {
    const answer = await app(() => ({ ok: false, reasons: ['Kafka does not answer'] })).inject('/live');
    expect(answer.statusCode).toBe(200);
  });

  test('/metrics in Prometheus’s format, the delay of the event loop among them', async () => {
    const answer = await app(() => ({ ok: true, reasons: [] })).inject('/metrics');
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.body).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });
});

describe('a server of its own', () => {
  const options = {
    host: '127.0.0.1',
    portVariable: 'ATI_SINK_PORT',
    access: OPEN_ACCESS,
    tls: undefined,
    ready: () => ({ ok: true, reasons: [] }),
  };

  test('answers over HTTP', async () => {
    const server = await opsServer({ ...options, port: 0 });
    closing.push(server);
    const { port } = server.server.address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/live`)).status).toBe(200);
  });

  test('with tokens only /metrics needs one', async () => {
    const server = await opsServer({ ...options, access: tokenAccess([], () => 0), port: 0 });
    closing.push(server);
    for (const url of ['/live', '/ready', '/health']) expect((await server.inject(url)).statusCode).toBe(200);
    const answer = await server.inject('/metrics');
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain('nodejs_');
  });

  test('on a port that is taken: a sentence with the port and its variable', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    closing.push(taken);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(opsServer({ ...options, port })).rejects.toThrow(
      new UserError(`port ${port} is in use by another program: set ATI_SINK_PORT to a free one`),
    );
  });
});
