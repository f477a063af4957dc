/**
 * The short way of an export from Node's HTTP server to its door. A request that needs nothing of Fastify (the right
 * method, URL and token, a type of OTLP, a tenant that is prepared) is taken here; every other one goes on to Fastify,
 * which has the same doors, and all refusals of access and routing. Fastify's own way is a fifth of a request of one span.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Access } from '#infra/access/access.ts';
import { isOwnHost } from '#infra/access/rebinding.ts';
import { type Answer, refusal } from './answer.ts';
import { discardRest } from './linger.ts';
import { type Door, receive } from './receive.ts';
import { INTERNAL_ERROR } from './refusal.ts';
import { type BySignal, SIGNALS } from './signals.ts';

export interface ShortWayOptions {
  readonly doors: BySignal<Door>;
  readonly access: Access;
  /** The certificate has shown the host's name already. */
  readonly tls: boolean;
  /** Whether the tenant's telemetry can be taken at once. */
  prepared(tenant: string): boolean;
  onBug(error: Error): void;
}

/** To be called once everything else that listens to the server's requests does. */
export function addShortWay(server: Server, options: ShortWayOptions): void {
  const others = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  const doors = new Map(Object.values(options.doors).map((door) => [SIGNALS[door.signal].path, door]));
  server.on('request', (request, response) => {
    const door = request.method === 'POST' ? doors.get(request.url ?? '') : undefined;
    const tenant = door === undefined ? undefined : tenantOf(request, door, options);
    if (door === undefined || tenant === undefined) {
      for (const listener of others) listener.call(server, request, response);
      return;
    }
    void serve(request, response, door, tenant, options);
  });
}

/** Whose telemetry the request may bring; undefined: this is for Fastify to decide, or to refuse. */
function tenantOf(
  { headers }: IncomingMessage,
  door: Door,
  { access, tls, prepared }: ShortWayOptions,
): string | undefined {
  const type = headers['content-type'];
  if (type !== 'application/x-protobuf' && type !== 'application/json') return undefined;
  if (door.draining()) return undefined;
  if (!tls && !access.required && access.anyHost !== true && !isOwnHost(headers.host)) return undefined;
  const who = access.authenticate(headers.authorization);
  if (!who.ok || !who.principal.scopes.has('ingest')) return undefined;
  return prepared(who.principal.tenant) ? who.principal.tenant : undefined;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
  tenant: string,
  { onBug }: ShortWayOptions,
): Promise<void> {
  const { headers } = request;
  const client = request.socket.remoteAddress ?? '';
  try {
    send(request, response, door, await receive({ headers, body: request, client, tenant }, door));
  } catch (error) {
    onBug(error instanceof Error ? error : new Error(String(error)));
    const encoding = headers['content-type'] === 'application/json' ? 'json' : 'protobuf';
    if (!response.headersSent) send(request, response, door, refusal(encoding, INTERNAL_ERROR));
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
  { status, headers, body }: Answer,
): void {
  const all: Record<string, string | number> = { ...headers, 'content-length': body.length };
  if (door.draining()) all.connection = 'close';
  if (status >= 400) response.once('finish', () => discardRest(request));
  response.writeHead(status, all);
  response.end(body.length === 0 ? undefined : body);
}
