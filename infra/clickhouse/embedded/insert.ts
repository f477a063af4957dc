/**
 * Splits an INSERT that carries rows into its head and its rows, so that the rows can go to the engine as a file.
 *
 * Rows must never be part of the SQL text: the engine ends inline rows at a blank line and runs what follows as SQL.
 */
import { isWord, type Token, tokenize } from '../sql-lexer.ts';

export type InsertSplit =
  /** Not an INSERT. */
  | { readonly kind: 'other' }
  /** INSERT … SELECT: no rows to split off. */
  | { readonly kind: 'select' }
  | {
      readonly kind: 'rows';
      /** `INSERT INTO t (a, b)` */
      readonly head: string;
      /** `SETTINGS x = 1`, or empty. */
      readonly settings: string;
      /** Undefined: the request's default format. */
      readonly format: string | undefined;
      /** Where in the text inline rows start. */
      readonly dataStart: number;
    }
  | { readonly kind: 'refused'; readonly reason: string };

const SELECT: InsertSplit = { kind: 'select' };
const refused = (reason: string): InsertSplit => ({ kind: 'refused', reason });

/** Tokens with one of look-ahead; `group()` passes over a balanced (…) or {…}. */
class Cursor {
  readonly #tokens: Generator<Token>;
  token: Token | undefined;

  constructor(sql: string) {
    this.#tokens = tokenize(sql);
    this.next();
  }

  next(): void {
    const { value, done } = this.#tokens.next();
    this.token = done ? undefined : value;
  }

  take(word: string): boolean {
    if (!isWord(this.token, word)) return false;
    this.next();
    return true;
  }

  is(punctuation: string): boolean {
    return this.token?.text === punctuation;
  }

  /** Passes over a balanced group; gives the end of its last token, or undefined when it does not close. */
  group(): number | undefined {
    let depth = 0;
    while (this.token !== undefined) {
      const { text, end } = this.token;
      if (text === '(' || text === '{' || text === '[') depth++;
      if (text === ')' || text === '}' || text === ']') depth--;
      this.next();
      if (depth === 0) return end;
    }
    return undefined;
  }
}

/** Passes over `name`, `db.name` or `{parameter:Identifier}`; gives where it ends. */
function tableName(cursor: Cursor): number | undefined {
  let end: number | undefined;
  do {
    if (end !== undefined) cursor.next();
    if (cursor.is('{')) end = cursor.group();
    else if (cursor.token?.type === 'word' || cursor.token?.type === 'quoted') {
      end = cursor.token.end;
      cursor.next();
    } else return undefined;
  } while (end !== undefined && cursor.is('.'));
  return end;
}

/** Passes over (columns); 'select' where the group is a query. */
function columns(sql: string, cursor: Cursor): number | 'select' | undefined {
  const inner = tokenize(sql, cursor.token!.end).next().value;
  if (isWord(inner ?? undefined, 'SELECT') || isWord(inner ?? undefined, 'WITH') || inner?.text === '(')
    return 'select';
  return cursor.group();
}

/** ClickHouse passes over blanks and one line break behind `FORMAT x`; nothing behind `VALUES`. */
function rowsStart(sql: string, formatEnd: number): number {
  return formatEnd + (/^[ \t\f\v]*(?:\r?\n)?/.exec(sql.slice(formatEnd, formatEnd + 4096))?.[0].length ?? 0);
}

/** Reads the head of `sql`; never looks at the rows. An INSERT that it does not understand is refused. */
export function splitInsert(sql: string): InsertSplit {
  const cursor = new Cursor(sql);
  const start = cursor.token?.start ?? 0;
  if (!cursor.take('INSERT')) return { kind: 'other' };
  cursor.take('INTO');
  cursor.take('TABLE');
  if (isWord(cursor.token, 'FUNCTION')) return refused('INSERT INTO FUNCTION is not allowed here');
  let headEnd = tableName(cursor);
  if (headEnd === undefined) return refused('the table of the INSERT is not understood');
  if (cursor.is('(')) {
    const list = columns(sql, cursor);
    if (list === 'select') return selecting(cursor);
    if (list === undefined) return refused('the column list of the INSERT does not close');
    headEnd = list;
  }
  const settings = settingsClause(sql, cursor);
  const rows = (format: string | undefined, dataStart: number): InsertSplit => ({
    kind: 'rows',
    head: sql.slice(start, headEnd),
    settings,
    format,
    dataStart,
  });
  if (cursor.token === undefined) return rows(undefined, sql.length);
  if (isWord(cursor.token, 'VALUES')) return rows('Values', cursor.token.end);
  if (isWord(cursor.token, 'SELECT') || isWord(cursor.token, 'WITH') || cursor.is('('))
    return selecting(cursor);
  if (isWord(cursor.token, 'FROM')) return refused('FROM INFILE is not allowed over HTTP');
  if (!cursor.take('FORMAT')) return refused(`the INSERT is not understood at ${cursor.token.text}`);
  const format: Token | undefined = cursor.token;
  if (format?.type !== 'word') return refused('FORMAT needs a name');
  return rows(format.text, rowsStart(sql, format.end));
}

function settingsClause(sql: string, cursor: Cursor): string {
  if (!isWord(cursor.token, 'SETTINGS')) return '';
  const from = cursor.token!.start;
  let to = from;
  const ends = ['FORMAT', 'VALUES', 'SELECT', 'WITH'];
  while (cursor.token !== undefined && !ends.some((word) => isWord(cursor.token, word))) {
    to = cursor.token.end;
    cursor.next();
  }
  return sql.slice(from, to);
}

/** An INSERT … SELECT has no FORMAT, except to read inline rows through input(). */
function selecting(cursor: Cursor): InsertSplit {
  for (; cursor.token !== undefined; cursor.next())
    if (isWord(cursor.token, 'FORMAT'))
      return refused('INSERT … SELECT … FORMAT (rows through input()) is not supported');
  return SELECT;
}
