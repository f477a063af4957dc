/** The statements of a migration file: split at `;` at the end of a line, outside strings and comments. */
import { tokenize } from './sql-lexer.ts';

/** Without their `;`; pieces that hold only comments are left out. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let empty = true;
  const close = (end: number, next: number) => {
    if (!empty) statements.push(sql.slice(start, end).trim());
    start = next;
    empty = true;
  };
  for (const token of tokenize(sql)) {
    if (token.text === ';' && endsLine(sql, token.end)) close(token.start, token.end);
    else empty = false;
  }
  close(sql.length, sql.length);
  return statements;
}

/** Only blanks or a comment follow on the line. */
function endsLine(sql: string, at: number): boolean {
  return /^[ \t\r]*(--[^\n]*)?(\n|$)/.test(sql.slice(at));
}
