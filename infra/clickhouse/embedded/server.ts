/** ClickHouse's HTTP interface (the part that clients use) in front of the engine, on loopback. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '#infra/errors.ts';
import { Answer } from './answer.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { execute } from './execute.ts';
import { type Credentials, refusal } from './gatekeeper.ts';
import { parseRequest } from './request.ts';
import { Sessions } from './sessions.ts';

const HOST = '127.0.0.1';
/** Requests that run or wait; more get 503. */
const MAX_REQUESTS = 200;
const OK_PATHS = new Set(['/ping', '/replicas_status']);

export interface EngineServer {
  readonly port: number;
  /**
   * Ends idle connections, waits for requests, cancels those that last longer than `graceMs`. False when one of these
   * has still not ended after as long again: the engine cannot be closed then.
   */
  close(graceMs: number): Promise<boolean>;
}

/** Throws UserError when the port is taken. */
export async function listen(engine: Engine, port: number, credentials: Credentials): Promise<EngineServer> {
  const sessions = new Sessions(() => engine.connect());
  const running = new Set<Promise<void>>();
  const server = http.createServer(
    // A query with its parameters may be all in the URL: ClickHouse allows a mebibyte.
    { maxHeaderSize: 1 << 20, keepAliveTimeout: 65_000, requestTimeout: 0 },
    (request, response) => {
      const done = handle(request, response).finally(() => running.delete(done));
      running.add(done);
    },
  );

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.setHeader('X-ClickHouse-Server-Display-Name', 'ati-embedded');
    response.setHeader('X-ClickHouse-Timezone', engine.timezone);
    const url = targetOf(request.url ?? '/');
    if (url === undefined) {
      response.writeHead(400, { Connection: 'close' }).end();
      return;
    }
    let answer = new Answer(response, undefined);
    try {
      const refused = refusal(request, url.searchParams, credentials);
      if (refused !== undefined) throw refused;
      const method = request.method ?? 'GET';
      if (
        method !== 'POST' &&
        (OK_PATHS.has(url.pathname) || (url.pathname === '/' && !url.searchParams.has('query')))
      ) {
        response.end('Ok.\n');
        return;
      }
      if (url.pathname !== '/') {
        response.writeHead(404, { 'Content-Type': 'text/plain; charset=UTF-8' });
        response.end(`There is no handle ${url.pathname}. Use / or /ping.\n`);
        return;
      }
      if (running.size > MAX_REQUESTS)
        throw new EngineError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `more than ${MAX_REQUESTS} requests`);
      const query = parseRequest(method, url.searchParams, request.headers);
      response.setHeader('X-ClickHouse-Query-Id', query.queryId);
      answer = new Answer(response, query.responseCoding);
      await execute(engine, sessions, query, request, answer);
    } catch (error) {
      // The rest of a body that was not read must not be taken for the next request.
      if (!request.complete && !response.headersSent) response.setHeader('Connection', 'close');
      answer.fail(EngineError.from(error));
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new UserError(portTaken(port)) : error),
    );
    server.listen(port, HOST, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const ended = Promise.all(running).then(() => true);
      const late = () => wait(graceMs, false, { ref: false });
      let drained = await Promise.race([ended, late()]);
      // What was not answered is cancelled, as when a client goes away.
      server.closeAllConnections();
      if (!drained) drained = await Promise.race([ended, late()]);
      await closed;
      if (drained) sessions.close();
      return drained;
    },
  };
}

/** A path is never taken for a host, as a URL relative to another would be: `//x` is the path that it looks like. */
function targetOf(target: string): URL | undefined {
  return URL.parse(target.startsWith('/') ? `http://${HOST}${target}` : target) ?? undefined;
}

function portTaken(port: number): string {
  return `port ${port} is in use: set ATI_ENGINE_PORT to another one, or CLICKHOUSE_URL to a running ClickHouse`;
}
