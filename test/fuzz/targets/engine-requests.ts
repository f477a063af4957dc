import type { IncomingHttpHeaders } from 'node:http';
import { EngineError } from '#infra/clickhouse/embedded/engine-error.ts';
import { refusal } from '#infra/clickhouse/embedded/gatekeeper.ts';
import { splitInsert } from '#infra/clickhouse/embedded/insert.ts';
import { readMultipart } from '#infra/clickhouse/embedded/multipart.ts';
import { parseRequest } from '#infra/clickhouse/embedded/request.ts';
import { parseAst } from '#infra/clickhouse/sql-ast.ts';
import { tokenize } from '#infra/clickhouse/sql-lexer.ts';
import { splitStatements } from '#infra/clickhouse/statements.ts';
import { holds, same, type Target } from '../target.ts';

const BOUNDARY = 'b';
/** Of no input. */
const NOBODYS = 'a-password-of-nobody';
const form = (parts: Record<string, string>) =>
  Object.entries(parts)
    .map(
      ([name, value]) =>
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    )
    .join('')
    .concat(`--${BOUNDARY}--\r\n`);

/** What reads a request: the first byte of the input says which, the others are the text. */
const READERS: readonly ((text: string, bytes: Uint8Array) => void | Promise<void>)[] = [
  (text) => {
    const params = new URLSearchParams(text);
    for (const method of ['GET', 'POST']) {
      const parsed = orEngineError(() => parseRequest(method, params, {}));
      if (parsed === undefined) continue;
      for (const name of [...parsed.settings.keys(), ...parsed.params.keys()])
        holds(/^\w+$/.test(name), () => `a setting's name is ${name}`);
      if (method === 'GET') holds(parsed.readonly !== undefined, () => 'a GET that may write');
    }
  },
  (text) => {
    const [host, origin, authorization, query] = text.split('\n');
    const headers: IncomingHttpHeaders = {
      host,
      ...(origin && { origin }),
      ...(authorization && { authorization }),
    };
    const params = new URLSearchParams(query);
    const wrong = refusal({ headers }, params, { user: 'u', password: NOBODYS });
    holds(
      wrong !== undefined && !wrong.message.includes(NOBODYS),
      () => 'who does not know the password is let in',
    );
    const refused = refusal({ headers }, params, { user: 'u', password: 'known' });
    if (refused === undefined) same('who comes from a page', origin || undefined, undefined);
  },
  (text) => {
    let end = 0;
    for (const token of tokenize(text)) {
      holds(token.start >= end && token.end > token.start, () => `tokens overlap at ${token.start}`);
      same('a token', text.slice(token.start, token.end), token.text);
      end = token.end;
    }
    holds(end <= text.length, () => 'a token ends behind the text');
  },
  (text) => {
    const split = splitInsert(text);
    if (split.kind !== 'rows') return;
    holds(split.dataStart <= text.length, () => 'rows start behind the text');
    // What is run is the text in front of the rows, and no piece of these.
    const at = text.indexOf(split.head);
    holds(
      at >= 0 && at + split.head.length <= split.dataStart,
      () => `the head is not in front of the rows: ${split.head}`,
    );
    const [first] = tokenize(split.head);
    same('the first word of the head', first?.text.toUpperCase(), 'INSERT');
  },
  (text) => {
    for (const statement of splitStatements(text)) holds(statement.trim() !== '', () => 'an empty statement');
  },
  (text) => {
    const lines = text.split('\n');
    const tree = parseAst(lines);
    if (tree === undefined) return;
    let nodes = 0;
    const walk = (node: typeof tree) => {
      nodes++;
      node.children.forEach(walk);
    };
    walk(tree);
    same('nodes and lines', nodes, lines.length);
  },
  async (_text, bytes) => {
    const read = readMultipart(Buffer.from(bytes), `multipart/form-data; boundary=${BOUNDARY}`);
    const form = await read.catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
    });
    if (form)
      for (const name of form.params.keys())
        holds(/^param_\w+$/.test(name), () => `a parameter's name is ${name}`);
  },
];

const SEEDS: readonly (readonly [reader: number, text: string])[] = [
  [
    0,
    'query=SELECT+1&database=ati&max_threads=2&param_x=1&session_id=s&session_timeout=7&readonly=1&compress=1',
  ],
  [0, 'query=SELECT {a:UInt8}&param_a=1&wait_end_of_query=1&enable_http_compression=1&default_format=JSON'],
  [1, 'localhost:8123\n\nBasic dTprbm93bg==\nuser=u&password=known'],
  [1, '[::1]:1\nhttp://x\n'],
  [2, "SELECT 'a\\'b''', `c`, \"d\" /* x */ -- y\n, $t$ text $t$ , 1.5e3 # z"],
  [3, 'INSERT INTO db.`t` (a, b) SETTINGS async_insert = 0 FORMAT JSONEachRow {"a": 1}'],
  [3, 'INSERT INTO t VALUES (1, 2)'],
  [3, 'INSERT INTO TABLE FUNCTION file(x) SELECT 1'],
  [3, 'INSERT INTO t (* EXCEPT(b)) SELECT 1'],
  [4, 'CREATE TABLE t (a Int8); -- x\nSELECT 1;\n/* ; */;\n'],
  [
    5,
    'SelectWithUnionQuery (children 1)\n ExpressionList (children 1)\n  SelectQuery (children 1)\n   Literal UInt64_1',
  ],
  [6, form({ query: 'SELECT 1', param_a: '2' })],
  [6, form({ file: 'x' })],
];

export const target: Target = {
  name: 'engine-requests',
  about:
    "what reads a request of ClickHouse's HTTP interface: parameters, credentials, forms, tokens, INSERTs, syntax trees; an error of the interface or a value that adds up",
  start: () => ({
    seeds: SEEDS.map(([reader, text]) => Uint8Array.from([reader, ...Buffer.from(text)])),
    dictionary: [
      'FORMAT',
      'VALUES',
      'SELECT',
      'INSERT INTO',
      'SETTINGS',
      "''",
      '/*',
      '*/',
      '--',
      '$$',
      ' (children 1)',
      ' (alias ',
      `--${BOUNDARY}`,
      '\r\n\r\n',
      'param_',
      '&',
      '=',
    ].map((word) => Buffer.from(word)),
    mutators: [],
    run(input) {
      const bytes = input.subarray(1);
      return READERS[(input[0] ?? 0) % READERS.length](Buffer.from(bytes).toString(), bytes);
    },
  }),
};

function orEngineError<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
