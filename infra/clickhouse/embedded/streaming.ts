/**
 * Whether a query's answer may be streamed.
 *
 * chdb analyses a streamed query on the calling thread, and the analysis runs scalar subqueries and connects table
 * functions: `SELECT (SELECT sleep(3))` would stop the whole HTTP server for three seconds. So only a query with a
 * single SELECT and no table function but the generators is streamed; every other answer is made in memory, under
 * `max_result_bytes`. A word too many in a string or comment only costs the streaming.
 */
import { isWord, tokenize } from '../sql-lexer.ts';

const QUICK_FUNCTIONS = new Set(['numbers', 'zeros', 'generateseries', 'generate_series', 'values']);

export function mayStream(sql: string): boolean {
  const first = tokenize(sql).next().value ?? undefined;
  if (!isWord(first, 'SELECT') && !isWord(first, 'WITH')) return false;
  if ((sql.match(/select/gi) ?? []).length > 1) return false;
  for (const [, name] of sql.matchAll(/\b(?:from|join)\s+([\w.`"]+)\s*\(/gi))
    if (!QUICK_FUNCTIONS.has(name.toLowerCase())) return false;
  // A comma in FROM can hide a table function from the pattern above.
  return !/\b(url|s3|remote|remotesecure|cluster|clusterallreplicas|mysql|postgresql|mongodb|hdfs|executable)\w*\s*\(/i.test(
    sql,
  );
}
