/**
 * A small HTTP proxy in front of ClickHouse, as load balancers stand there: it can answer for a server that is
 * overloaded, or be gone, and it writes down each insert that comes by.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { freePort } from '#infra/ports.ts';

/** One attempt to insert. */
export interface InsertSeen {
  /** Of `performance.now()`. */
  readonly at: number;
  readonly table: string;
}

export interface Front {
  readonly url: string;
  readonly inserts: readonly InsertSeen[];
  /** Most inserts that were under way at a time since it was asked last. */
  mostAtOnce(): number;
  /** `overloaded`: 500 with TOO_MANY_PARTS, and every other time a balancer's 503 with a page. */
  answer(as: 'server' | 'overloaded'): void;
  /** Connections are reset, new ones refused. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const TOO_MANY_PARTS = 252;

export async function startFront(target: number): Promise<Front> {
  const port = await freePort();
  const inserts: InsertSeen[] = [];
  const sockets = new Set<Socket>();
  let overloaded = false;
  let refused = 0;
  let now = 0;
  let most = 0;

  const server = createServer((incoming, outgoing) => {
    const table = tableOf(incoming.url ?? '');
    if (table !== undefined) {
      inserts.push({ at: performance.now(), table });
      most = Math.max(most, ++now);
      outgoing.once('close', () => now--);
    }
    if (overloaded) refuse(incoming, outgoing, refused++ % 2 === 0);
    else forward(incoming, outgoing, target);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const leave = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    inserts,
    mostAtOnce() {
      const highest = most;
      most = now;
      return highest;
    },
    answer(as) {
      overloaded = as === 'overloaded';
    },
    leave,
    comeBack: listen,
    close: leave,
  };
}

/** The table of an insert; undefined for every other request. */
function tableOf(url: string): string | undefined {
  const query = new URL(url, 'http://front').searchParams.get('query') ?? '';
  return /^\s*INSERT INTO\s+(\S+)/.exec(query)?.[1];
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, byServer: boolean): void {
  // The whole of the request first: the sender shall not find a reset where there is an answer.
  incoming.resume().once('end', () => {
    if (byServer) {
      outgoing.writeHead(500, { 'x-clickhouse-exception-code': String(TOO_MANY_PARTS) });
      outgoing.end(
        `Code: ${TOO_MANY_PARTS}. DB::Exception: Too many parts (300). Merges are slower. (TOO_MANY_PARTS)`,
      );
    } else {
      outgoing.writeHead(503, { 'content-type': 'text/html', 'retry-after': '5' });
      outgoing.end('<html><body><h1>503 Service Unavailable</h1></body></html>');
    }
  });
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming;
  const onwards = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    answer.once('error', () => outgoing.destroy());
  });
  // As a proxy does whose server is gone: no answer.
  onwards.once('error', () => outgoing.destroy());
  outgoing.once('close', () => onwards.destroy());
  incoming.pipe(onwards);
}
