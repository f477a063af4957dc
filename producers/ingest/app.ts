/** The HTTP service: routes, limits of connections, and the door behind them. */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import type { Access } from '#infra/access/access.ts';
import { type Denial, guardRoutes } from '#infra/access/guard.ts';
import { serverOptions, type Tls } from '#infra/tls.ts';
import type { Answer } from './answer.ts';
import { refusal } from './answer.ts';
import { discardRest } from './linger.ts';
import type { Door } from './receive.ts';
import { receive } from './receive.ts';
import { INTERNAL_ERROR, type Refusal } from './refusal.ts';
import { addShortWay } from './short-way.ts';
import { type BySignal, SIGNALS } from './signals.ts';

/** Milliseconds. A client that sends slower than this holds no connection (slow loris). */
const REQUEST_TIMEOUT = 30_000;

export interface HttpOptions {
  readonly doors: BySignal<Door>;
  /** Whose telemetry a request brings is its token's tenant. */
  readonly access: Access;
  readonly tls: Tls | undefined;
  /** Resolves when a tenant's telemetry can be taken, from then on, or why it cannot. */
  prepare(tenant: string): Promise<Refusal | undefined>;
  /** A request that had no right token. */
  onDenied(denial: Denial): void;
  /** A bug: a request failed for a reason that is no answer of ours. */
  onBug(error: Error): void;
}

export function buildApp({ doors, access, tls, prepare, onDenied, onBug }: HttpOptions): FastifyInstance {
  const app = Fastify({
    // Requests may name content in their URLs; what is worth a line is logged by the door.
    logger: false,
    requestTimeout: REQUEST_TIMEOUT,
    // While closing, requests on open connections reach the door, which refuses them as OTLP says.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    ...serverOptions(tls, {
      maxHeaderSize: 16 << 10,
    }),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (_error, request, reply) => refuse(request, reply, BAD_REQUEST),
  });

  // Before anything of the body is read.
  guardRoutes(app, {
    access,
    deny(denial, request, reply) {
      onDenied(denial);
      return refuse(request, reply, denial);
    },
  });

  // Bodies are read by the door, from the raw stream.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));

  const prepared = new Set<string>();
  for (const door of Object.values(doors)) {
    const url = SIGNALS[door.signal].path;
    app.post(url, { config: { access: 'ingest' } }, async (request, reply) => {
      const { headers, ip: client } = request;
      const { tenant } = request.principal;
      const body = request.body as Readable | undefined; // the parser above
      const unprepared = await prepare(tenant);
      if (unprepared !== undefined) return refuse(request, reply, unprepared);
      prepared.add(tenant);
      return send(reply, await receive({ headers, body, client, tenant }, door));
    });
    app.route({
      method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url,
      config: { access: 'ingest' },
      handler: (request, reply) => refuse(request, reply, METHOD_NOT_ALLOWED),
    });
  }
  app.setNotFoundHandler((request, reply) => refuse(request, reply, NOT_FOUND));

  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error.statusCode === 415) return refuse(request, reply, BAD_CONTENT_TYPE);
    if (error.statusCode !== undefined && error.statusCode < 500) return refuse(request, reply, BAD_REQUEST);
    onBug(error);
    return refuse(request, reply, INTERNAL_ERROR);
  });

  app.addHook('onSend', async (_request, reply) => {
    if (doors.traces.draining()) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode >= 400) discardRest(request.raw);
  });
  addShortWay(app.server, {
    doors,
    access,
    tls: tls !== undefined,
    prepared: (tenant) => prepared.has(tenant),
    onBug,
  });
  return app;
}

const METHOD_NOT_ALLOWED: Refusal = { status: 405, message: 'use POST', headers: { allow: 'POST' } };
const NOT_FOUND: Refusal = {
  status: 404,
  message: 'there are only POST /v1/traces, POST /v1/metrics and POST /v1/logs here',
};
const BAD_CONTENT_TYPE: Refusal = { status: 415, message: 'Content-Type is not valid' };
const BAD_REQUEST: Refusal = { status: 400, message: 'the request is not valid' };

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}

function refuse(request: Pick<FastifyRequest, 'headers'>, reply: FastifyReply, why: Refusal): FastifyReply {
  const encoding = request.headers['content-type']?.startsWith('application/x-protobuf')
    ? 'protobuf'
    : 'json';
  return send(reply, refusal(encoding, why));
}

/** Bytes that are not HTTP, or came too slowly. The error holds the packet: it is not logged. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
