import { connect } from 'node:net';
import { startDatabase, type TestDatabase } from '#sinks/testing.ts';
import { Choices } from '../choices.ts';
import { holds, OracleError, type Target } from '../target.ts';

const ANSWER_MS = 20_000;
const SQL = [
  'SELECT 1',
  'SELECT * FROM kept',
  'SELECT {a:UInt8}',
  'SELECT throwIf(1)',
  'SELECT',
  '',
  'SELECT 1 FORMAT JSON',
  'SELECT number FROM numbers(5)',
  'INSERT INTO other FORMAT TSV',
  'INSERT INTO other VALUES',
  'INSERT INTO other SELECT 1',
  'TRUNCATE TABLE other',
  'EXISTS TABLE kept',
  "SELECT '\u0000'",
];
/** With GET, or readonly=1, these must change nothing. */
const WRITES = [
  'DROP TABLE kept',
  'INSERT INTO kept VALUES (9)',
  'TRUNCATE TABLE kept',
  'ALTER TABLE kept DELETE WHERE 1',
  'DROP DATABASE ati_test',
];
const NAMES = [
  'query',
  'param_a',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'session_check',
  'max_threads',
  'wait_end_of_query',
  'enable_http_compression',
  'compress',
  'max_result_rows',
  'query_id',
  'readonly',
  'user',
  'x y',
];
const VALUES = [
  '1',
  '0',
  '',
  'ati_test',
  'JSONEachRow',
  'Native',
  'abc',
  '-1',
  '1e9',
  'x'.repeat(300),
  '\u00e9',
  '2',
];
const HEADERS = [
  'Content-Encoding: gzip',
  'Content-Encoding: zstd',
  'Accept-Encoding: gzip',
  'Content-Type: multipart/form-data; boundary=b',
  'X-ClickHouse-Database: nope',
  'X-ClickHouse-Format: CSV',
  'Authorization: Basic !!',
  'Origin: http://x',
  'Expect: 100-continue',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
];
const BODY = [
  '',
  '1\n2\n',
  'SELECT 1',
  '--b\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT 1\r\n--b--\r\n',
  '\u001f\u008b',
  '5\r\nhello\r\n0\r\n\r\n',
];

export const target: Target = {
  name: 'engine-http',
  about:
    "requests of ClickHouse's HTTP interface to the embedded engine, well-formed and broken: each is answered or closed, the engine lives, and reads change nothing",
  heavy: true,
  async start() {
    let database = await prepared();
    return {
      seeds: Array.from({ length: SQL.length + WRITES.length }, (_, i) =>
        Uint8Array.from([i % 2, i, 1, i, 0]),
      ),
      mutators: [],
      async run(input) {
        const request = requestOf(new Choices(input));
        await ask(Number(new URL(database.url).port), request);
        if (!(await database.clickhouse.ping().catch(() => false))) {
          database = await prepared();
          throw new OracleError(`the engine ended after: ${request.toString('latin1')}`);
        }
        const [row] = await database.clickhouse.query<{ n: string }>('SELECT count() AS n FROM kept');
        holds(row.n === '7', () => `a request that may only read left ${row.n} rows of 7`);
      },
      stop: () => database.stop(),
    };
  },
};

async function prepared(): Promise<TestDatabase> {
  const database = await startDatabase();
  await database.clickhouse.command(
    'CREATE TABLE kept ENGINE = MergeTree ORDER BY a AS SELECT number AS a FROM numbers(7)',
  );
  await database.clickhouse.command('CREATE TABLE other (a UInt64) ENGINE = MergeTree ORDER BY a');
  return database;
}

/** Bytes for the socket. What writes goes with GET or readonly=1, always. */
function requestOf(choices: Choices): Buffer {
  const method = choices.pick(['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE']);
  const writes = choices.below(4) === 0;
  const sql = writes
    ? choices.pick(WRITES)
    : choices.below(4) === 0
      ? harmless(choices.text())
      : choices.pick(SQL);
  const given: [string, string][] = Array.from({ length: choices.below(5) }, () => [
    choices.pick(NAMES),
    choices.below(4) === 0 ? choices.text() : choices.pick(VALUES),
  ]);
  // Of a repeated parameter the first counts. A GET of what writes says nothing of readonly: it is the interface's.
  const own = given.filter(([name]) => name !== 'readonly' && name !== 'query');
  const params = new URLSearchParams([
    ['query', sql],
    ['database', 'ati_test'],
    ...(writes && method !== 'GET' ? [['readonly', '1'] as [string, string]] : []),
    ...own,
  ]);
  const path = choices.pick(['/', '/', '/', '/', '/', '/ping', '/x', '//', '/?query=SELECT+2#']);
  const headers = Array.from({ length: choices.below(3) }, () => choices.pick(HEADERS));
  const body =
    choices.below(3) === 0 ? Buffer.from(choices.rest()) : Buffer.from(choices.pick(BODY), 'latin1');
  const framed = headers.some((header) => /^(Content-Length|Transfer-Encoding)/.test(header));
  const head = [
    `${method} ${path}?${params} HTTP/1.1`,
    'Host: localhost',
    ...headers,
    ...(framed ? [] : [`Content-Length: ${body.length}`]),
    'Connection: close',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), writes ? Buffer.alloc(0) : body]);
}

/** Random text is no statement but by a wonder; these words would let it write. */
function harmless(text: string): string {
  return text.replace(/insert|into|drop|create|alter|system|outfile|truncate|rename|kill/gi, 'x');
}

/** Resolves when the other side has closed. */
function ask(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const late = setTimeout(() => {
      reject(new Error(`no answer within ${ANSWER_MS} ms`));
      socket.destroy();
    }, ANSWER_MS);
    socket.on('error', () => undefined);
    socket.resume();
    // A body that is announced and does not come: the client goes away.
    const gone = setTimeout(() => socket.end(), 500);
    socket.on('close', () => {
      clearTimeout(late);
      clearTimeout(gone);
      resolve();
    });
    socket.write(bytes);
  });
}
