/** What the API asks of ClickHouse: a proxy between the two that keeps the statements, so that they can be asked again. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request to ClickHouse's HTTP interface. */
export interface Statement {
  /** With parameters and settings in its search. */
  readonly path: string;
  readonly body: Buffer;
  readonly headers: http.IncomingHttpHeaders;
}

export interface Recorder {
  readonly url: string;
  /** The statements since it was last asked, in order of arrival. */
  take(): Statement[];
  stop(): Promise<void>;
}

/** Listens on loopback and passes everything on to `target` (http://host:port). */
export async function record(target: string): Promise<Recorder> {
  let statements: Statement[] = [];
  const server = http.createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      const statement = { path: request.url ?? '/', body, headers: request.headers };
      if (body.length > 0) statements.push(statement);
      const answer = await send(target, statement, request.method);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    })().catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = statements;
      statements = [];
      return taken;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function send(target: string, { path, body, headers }: Statement, method = 'POST') {
  const { host: _, 'content-length': __, 'transfer-encoding': ___, ...others } = headers;
  const request = http.request(new URL(path, target), { method, headers: others });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
  return answer;
}

/** What ClickHouse read to answer. */
export interface Read {
  readonly rows: number;
  readonly bytes: number;
}

/** Asks a statement again, in the format that tells what was read. Throws what ClickHouse says of an error. */
export async function readOf(target: string, statement: Statement): Promise<Read> {
  const sql = statement.body.toString().replace(/\s+FORMAT\s+JSONEachRow\s*$/, ' FORMAT JSON');
  const { 'accept-encoding': _, ...headers } = statement.headers;
  // A streamed answer has no statistics.
  const path = `${statement.path}${statement.path.includes('?') ? '&' : '?'}wait_end_of_query=1`;
  const answer = await send(target, { path, headers, body: Buffer.from(sql) });
  const text = (await buffer(answer)).toString();
  if (answer.statusCode !== 200) throw new Error(text.slice(0, 500));
  const { statistics } = JSON.parse(text) as { statistics: { rows_read: number; bytes_read: number } };
  return { rows: statistics.rows_read, bytes: statistics.bytes_read };
}
