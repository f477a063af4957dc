/**
 * User SQL, read-only by construction: exactly one statement that reads, from the installation's database only, with
 * functions that compute and nothing else. The engine's own parser says what the text is, so there is no second
 * grammar to disagree with it.
 *
 * `EXPLAIN AST` parses and does not run, with one exception: `EXPLAIN AST optimize = 1 SELECT …` evaluates scalar
 * subqueries. User SQL stands where such options do, so it must start with a keyword that cannot be one.
 */
import { type ClickHouse, ClickHouseError } from './port.ts';
import type { AstNode } from './sql-ast.ts';
import { isWord, type Token, tokenize } from './sql-lexer.ts';
import { parseSql } from './sql-parse.ts';
import { Rules } from './sql-rules.ts';

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const FIRST_WORDS = ['SELECT', 'WITH', 'FROM', 'EXPLAIN', 'DESCRIBE', 'DESC', 'SHOW', 'EXISTS'];
/** Longest statement, in characters. */
export const MAX_SQL_LENGTH = 20_000;

const refused = (reason: string): Verdict => ({ ok: false, reason });

/**
 * Asks the engine for the tree of `sql` and checks it. `byTenant`: `database` is one of views by tenant. Throws ClickHouseError only when the engine
 * cannot be asked.
 */
export async function guardSql(
  ch: ClickHouse,
  sql: string,
  database: string,
  byTenant = false,
): Promise<Verdict> {
  const early = beforeParsing(sql);
  if (early !== undefined) return refused(early);
  let tree: AstNode | undefined;
  try {
    tree = await parseSql(ch, sql, database);
  } catch (error) {
    if (error instanceof ClickHouseError && !error.retriable) return refused(error.message);
    throw error;
  }
  if (tree === undefined) return refused('the statement is not understood');
  const reason = new Rules(database, byTenant).statement(tree);
  return reason === undefined ? { ok: true } : refused(reason);
}

/** What can be said from the words alone. */
function beforeParsing(sql: string): string | undefined {
  if (sql.length > MAX_SQL_LENGTH) return `the statement is longer than ${MAX_SQL_LENGTH} characters`;
  // The parser ends at a NUL: what is behind it must not be anything.
  if (sql.includes('\0')) return 'the statement is not understood';
  const tokens = tokenize(sql);
  const [first, second, third] = [tokens, tokens, tokens].map(
    (from): Token | undefined => from.next().value ?? undefined,
  );
  if (first === undefined) return 'there is no statement';
  const opening = first.text === '(' || FIRST_WORDS.some((word) => isWord(first, word));
  if (!opening)
    return `only SELECT, EXPLAIN, DESCRIBE, SHOW and EXISTS are allowed, not ${first.text.slice(0, 40)}`;
  if (second?.text === '=') return 'the statement is not understood';
  // SHOW DATABASES, CLUSTERS, SETTINGS … have the same node as SHOW TABLES.
  const shows = ['TABLES', 'CREATE'].some((word) => isWord(second, word));
  if (isWord(first, 'SHOW') && !shows) return 'only SHOW TABLES and SHOW CREATE TABLE are allowed';
  if (isWord(first, 'SHOW') && isWord(second, 'TABLES') && isWord(third, 'FROM'))
    return 'SHOW TABLES shows this database only';
  return undefined;
}
