/** Runs one request on the engine and writes its answer. */
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { isWord, quoteIdentifier, quoteString, type Token, tokenize } from '../sql-lexer.ts';
import type { Answer } from './answer.ts';
import { readBody, spoolBody } from './body.ts';
import type { Connection } from './connection.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { contentTypeOf, formatClause } from './formats.ts';
import { type InsertSplit, splitInsert } from './insert.ts';
import { readMultipart } from './multipart.ts';
import { sessionDefaults } from './options.ts';
import type { QueryRequest } from './request.ts';
import type { Sessions } from './sessions.ts';
import { mayStream } from './streaming.ts';

/** The text to run, or the head of an INSERT with its rows in a file. */
type Work =
  | { readonly kind: 'statement'; readonly sql: string }
  | { readonly kind: 'rows'; readonly sql: string; readonly file: string };

type Rows = Extract<InsertSplit, { kind: 'rows' }>;

/** Throws EngineError until the answer has begun; afterwards the error is part of the answer. */
export async function execute(
  engine: Engine,
  sessions: Sessions,
  given: QueryRequest,
  body: IncomingMessage,
  answer: Answer,
): Promise<void> {
  const { request, text } = await wholeText(engine, given, body);
  const file = engine.spoolFile();
  try {
    const work = await prepare(engine, request, text, body, file);
    if (answer.gone) return;
    // The spool file's name is unique, and nobody can guess it: it marks the query for cancelling.
    const settings = settingsOf(engine, request, file);
    await sessions.use(request.session, (connection, shared) =>
      within(connection, shared, settings, async () => {
        const stopCancelling = cancelWhenGone(engine, answer, file);
        try {
          await run(connection, work, request, answer);
        } finally {
          stopCancelling();
        }
      }),
    );
  } finally {
    await rm(file, { force: true });
  }
}

/** The SQL text: the query parameter, else the body, else a form's `query` field. */
async function wholeText(engine: Engine, request: QueryRequest, body: IncomingMessage) {
  const form = /^multipart\/form-data/i.test(body.headers['content-type'] ?? '');
  if (request.query !== '' && !form) return { request, text: undefined };
  const bytes = await readBody(body, engine.options.maxQueryBytes);
  if (!form) return { request, text: bytes };
  const fields = await readMultipart(bytes, body.headers['content-type'] as string);
  const params = new Map([...request.params, ...fields.params]);
  return { request: { ...request, params }, text: Buffer.from(fields.query ?? request.query) };
}

async function prepare(
  engine: Engine,
  request: QueryRequest,
  text: Buffer | undefined,
  body: IncomingMessage,
  file: string,
): Promise<Work> {
  // As latin1 an index into the text is an index into its bytes.
  const bytes = text ?? Buffer.from(request.query);
  const split = splitInsert(bytes.toString('latin1'));
  if (split.kind === 'refused') throw new EngineError(62, 'SYNTAX_ERROR', split.reason);
  if (split.kind === 'rows') {
    const inline = bytes.subarray(split.dataStart);
    // A lone `;` or blanks behind the head are no rows when these come in the body.
    const before =
      text === undefined && /^[\s;]*$/.test(inline.toString('latin1')) ? Buffer.alloc(0) : inline;
    await spoolBody(body, engine.options.maxBodyBytes, file, before);
    return { kind: 'rows', sql: insertFromFile(split, file, request.defaultFormat), file };
  }
  if (text !== undefined) return { kind: 'statement', sql: bytes.toString() };
  const rest = await readBody(body, engine.options.maxQueryBytes);
  return {
    kind: 'statement',
    sql: rest.length === 0 ? request.query : `${request.query}\n${rest.toString()}`,
  };
}

function insertFromFile(split: Rows, file: string, defaultFormat: string): string {
  const utf8 = (text: string) => Buffer.from(text, 'latin1').toString();
  return `${utf8(split.head)} FROM INFILE ${quoteString(file)} ${utf8(split.settings)} FORMAT ${split.format ?? defaultFormat}`;
}

/** `SET …` for the request, in the order in which it must be applied: what restricts comes last. */
function settingsOf(engine: Engine, request: QueryRequest, logComment: string): SettingsOf {
  const settings = new Map([...sessionDefaults(engine.options), ...request.settings]);
  if (!settings.has('max_result_bytes'))
    settings.set('max_result_bytes', String(engine.options.maxResultBytes));
  settings.set('log_comment', logComment);
  for (const [name, value] of request.params) settings.set(name, value);
  if (request.readonly !== undefined) settings.set('readonly', request.readonly);
  return { database: request.database, settings };
}

interface SettingsOf {
  readonly database: string | undefined;
  readonly settings: ReadonlyMap<string, string>;
}

const setStatement = (settings: Iterable<readonly [string, string]>) =>
  `SET ${[...settings].map(([name, value]) => `${name} = ${quoteString(value)}`).join(', ')}`;

/** Runs `operation` with the request's settings; on a session's connection the old ones are put back. */
async function within(
  connection: Connection,
  shared: boolean,
  { database, settings }: SettingsOf,
  operation: () => Promise<void>,
): Promise<void> {
  const before = shared ? await currentSettings(connection, [...settings.keys()]) : undefined;
  if (database !== undefined && database !== '')
    await connection.query(`USE ${quoteIdentifier(database)}`, 'Null');
  await connection.query(setStatement(settings), 'Null');
  try {
    await operation();
  } finally {
    if (before !== undefined && before.length > 0) await connection.query(setStatement(before), 'Null');
  }
}

async function currentSettings(connection: Connection, names: string[]): Promise<[string, string][]> {
  const list = names.filter((name) => !name.startsWith('param_')).map(quoteString);
  const { bytes } = await connection.query(
    `SELECT name, value FROM system.settings WHERE name IN (${list.join(', ')})`,
    'JSONCompactEachRow',
  );
  const lines = Buffer.from(bytes).toString().trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as [string, string]);
}

/** Once the client is gone its query is cancelled, again and again until it has ended: it may not have begun yet. */
function cancelWhenGone(engine: Engine, answer: Answer, logComment: string): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const cancel = () => {
    if (ended) return;
    // A failing KILL is repeated like one that came too early.
    const again = () => {
      if (!ended) timer = setTimeout(cancel, 100);
    };
    engine.cancel(logComment).then(again, again);
  };
  answer.onGone(cancel);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

async function run(connection: Connection, work: Work, request: QueryRequest, answer: Answer): Promise<void> {
  const { statementCount, queryClass } = await connection.classify(work.sql);
  if (statementCount > 1)
    throw new EngineError(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)');
  if (answer.gone) return;
  if (work.kind === 'rows') {
    const result = await connection.query(work.sql, 'Null').catch((error: EngineError) => {
      // The spool's path is nothing to the client.
      error.message = error.message.replaceAll(work.file, 'the request body');
      throw error;
    });
    answer.summary({
      written: true,
      rows: result.rowsRead,
      bytes: result.bytesRead,
      seconds: result.elapsed,
    });
    return answer.finish();
  }
  if (queryClass === 3 && writesFile(work.sql))
    throw new EngineError(48, 'NOT_IMPLEMENTED', 'INTO OUTFILE is not allowed over HTTP');
  const format = formatClause(work.sql) ?? request.defaultFormat;
  if (queryClass === 0 && !request.waitEnd && mayStream(work.sql)) {
    await answer.stream(connection.stream(work.sql, request.defaultFormat), format, contentTypeOf(format));
    return;
  }
  const result = await connection.query(work.sql, request.defaultFormat);
  const written = queryClass !== 0;
  answer.summary({ written, rows: result.rowsRead, bytes: result.bytesRead, seconds: result.elapsed });
  answer.begin(format, contentTypeOf(format));
  return answer.finish(result.bytes);
}

/** What reads is of class 3 only with INTO OUTFILE; other statements may have one too. */
const READS = ['SELECT', 'WITH', 'FROM', 'EXPLAIN', 'SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'CHECK'];

function writesFile(sql: string): boolean {
  let previous: Token | undefined;
  for (const token of tokenize(sql)) {
    if (previous === undefined && (token.text === '(' || READS.some((word) => isWord(token, word))))
      return true;
    if (isWord(previous, 'INTO') && isWord(token, 'OUTFILE')) return true;
    previous = token;
  }
  return false;
}
