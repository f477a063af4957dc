/**
 * A door to the embedded engine for Go's ClickHouse driver, which asks for blocks of a protocol version
 * (`client_protocol_version`); a server takes that from the URL, the engine inside chdb has no such setting. The driver
 * uses the version that its first query (the hello) tells, so this answers that query itself, with version 0: everything
 * after it, above all the inserts, goes through as it is. It runs in the harness: nobody's CPU that is measured.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface NativeDoor {
  readonly url: string;
  close(): Promise<void>;
}

/** As the driver sends it. */
const HELLO = 'SELECT displayName(), version(), revision(), timezone()';
const VERSION = 'client_protocol_version';

export async function openNativeDoor(engineUrl: string): Promise<NativeDoor> {
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    handle(request, response, engineUrl, agent).catch((error) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

async function handle(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  engineUrl: string,
  agent: http.Agent,
): Promise<void> {
  const url = new URL(request.url ?? '/', engineUrl);
  url.searchParams.delete(VERSION);
  // Rows come with the statement in the URL; a statement in the body is short.
  const isStatement = !url.searchParams.has('query');
  const statement = isStatement ? await text(request) : undefined;
  if (statement?.trim() === HELLO) {
    response.end(helloBlock());
    return;
  }
  const { host: _, 'content-length': length, ...headers } = request.headers;
  const forwarded = http.request(url, {
    agent,
    method: request.method,
    headers:
      statement === undefined && length !== undefined ? { ...headers, 'content-length': length } : headers,
  });
  forwarded.once('error', (error) => response.destroy(error));
  forwarded.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  if (statement === undefined) request.pipe(forwarded);
  else forwarded.end(statement);
}

/** One Native block as of the driver's own version: block info, then each column with its `custom serialization` flag. */
export function helloBlock(): Buffer {
  const column = (name: string, type: string, value: Buffer) =>
    Buffer.concat([shortString(name), shortString(type), Buffer.from([0]), value]);
  const blockInfo = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);
  const [columns, rows] = [4, 1];
  return Buffer.concat([
    blockInfo,
    Buffer.from([columns, rows]),
    column('displayName()', 'String', shortString('embedded')),
    column('version()', 'String', shortString('26.7.3')),
    column('revision()', 'UInt32', Buffer.alloc(4)),
    column('timezone()', 'String', shortString('UTC')),
  ]);
}

/** Below 128 bytes. */
const shortString = (value: string): Buffer =>
  Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
