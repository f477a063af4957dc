/** The engine's own parser: what it makes of a statement, without running it. */
import type { ClickHouse } from './port.ts';
import { type AstNode, parseAst } from './sql-ast.ts';

/** For the parsing itself, which no user's limits bound. With readonly = 1 the engine would refuse SETTINGS unnamed. */
const SETTINGS = { max_execution_time: 5, readonly: 2 };

/**
 * The tree of `sql`; undefined where it is none. Throws ClickHouseError, also where `sql` is wrong. Text that could be
 * options of `EXPLAIN AST` must not be given: see sql-guard.ts.
 */
export async function parseSql(ch: ClickHouse, sql: string, database: string): Promise<AstNode | undefined> {
  // As raw lines: a FORMAT that the user wrote would change the answer, and is a node of the tree.
  const { body } = await ch.raw(`EXPLAIN AST ${sql}`, 'TabSeparatedRaw', {
    settings: { ...SETTINGS, database },
  });
  let text = '';
  for await (const piece of body.setEncoding('utf8')) text += piece;
  return parseAst(text.split('\n').slice(0, -1));
}
