/**
 * Just enough of ClickHouse's lexer to know what is a word and what is quoted: comments, strings, quoted identifiers
 * and heredocs are skipped as ClickHouse skips them. It never decides alone whether SQL is safe (the engine's own
 * parser does, see `sql-guard.ts`); it finds places in text that we or the engine have written.
 */

export type TokenType = 'word' | 'number' | 'string' | 'quoted' | 'punctuation';

export interface Token {
  readonly type: TokenType;
  /** As written, quotes included. */
  readonly text: string;
  /** Offsets in the text, half-open. */
  readonly start: number;
  readonly end: number;
}

const WORD = /[A-Za-z_][\w$]*/y;
const NUMBER = /\d[\w.]*/y;
const SPACE = /[\s\u00a0\ufeff]+/y;
const HEREDOC = /\$\w*\$/y;

function match(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

function lineEnd(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end < 0 ? sql.length : end + 1;
}

/** The end of the comment that starts at `at`, or `at` where none does. */
function skipComment(sql: string, at: number): number {
  if (sql.startsWith('--', at) || sql.startsWith('# ', at) || sql.startsWith('#!', at))
    return lineEnd(sql, at);
  if (!sql.startsWith('/*', at)) return at;
  const end = sql.indexOf('*/', at + 2);
  return end < 0 ? sql.length : end + 2;
}

/** The end of the quoted piece that starts at `at`: a doubled quote or a backslash does not end it. */
function skipQuoted(sql: string, at: number): number {
  const quote = sql[at];
  let i = at + 1;
  while (i < sql.length) {
    if (sql[i] === '\\') i += 2;
    else if (sql[i] !== quote) i++;
    else if (sql[i + 1] === quote) i += 2;
    else return i + 1;
  }
  return sql.length;
}

function tokenAt(sql: string, at: number): { type: TokenType; end: number } {
  const c = sql[at];
  if (c === "'") return { type: 'string', end: skipQuoted(sql, at) };
  if (c === '`' || c === '"') return { type: 'quoted', end: skipQuoted(sql, at) };
  const word = match(WORD, sql, at);
  if (word !== undefined) return { type: 'word', end: at + word.length };
  const number = match(NUMBER, sql, at);
  if (number !== undefined) return { type: 'number', end: at + number.length };
  const tag = match(HEREDOC, sql, at);
  const close = tag === undefined ? -1 : sql.indexOf(tag, at + tag.length);
  if (tag !== undefined && close >= 0) return { type: 'string', end: close + tag.length };
  return { type: 'punctuation', end: at + 1 };
}

/** The tokens of `sql` from `from` on, lazily: nothing behind the last one asked for is looked at. */
export function* tokenize(sql: string, from = 0): Generator<Token> {
  let at = from;
  while (at < sql.length) {
    const space = match(SPACE, sql, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const comment = skipComment(sql, at);
    if (comment > at) {
      at = comment;
      continue;
    }
    const { type, end } = tokenAt(sql, at);
    yield { type, text: sql.slice(at, end), start: at, end };
    at = end;
  }
}

/** Whether the token is this bare keyword, in any case. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token?.type === 'word' && token.text.toUpperCase() === word;
}

/** A ClickHouse string literal. */
export function quoteString(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A quoted ClickHouse identifier. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
