/** The tree that `EXPLAIN AST` prints: one node a line, one blank of indent a level, `(children n)` where it has any. */

export interface AstNode {
  /** `SelectQuery`, `Function` …: the line's first word. */
  readonly type: string;
  /** What follows it, without alias and number of children: a function's name, an identifier, a literal. */
  readonly text: string;
  readonly children: readonly AstNode[];
}

const LINE = /^( *)(\S+)(?: (.*?))?(?: \(alias .*\))?(?: \(children (\d+)\))?$/s;
const MAX_DEPTH = 500;

/**
 * Undefined when the lines are no such tree. Names are printed bare: one that holds a line break and text like a
 * node's can add nodes below itself, but not hide or move one, since every number of children is checked.
 */
export function parseAst(lines: readonly string[]): AstNode | undefined {
  let next = 0;
  const node = (depth: number): AstNode | undefined => {
    const parts = LINE.exec(lines[next] ?? '');
    if (parts === null || parts[1].length !== depth || depth > MAX_DEPTH) return undefined;
    next++;
    const children: AstNode[] = [];
    for (let i = 0; i < Number(parts[4] ?? 0); i++) {
      const child = node(depth + 1);
      if (child === undefined) return undefined;
      children.push(child);
    }
    return { type: parts[2], text: (parts[3] ?? '').trim(), children };
  };
  const root = node(0);
  return next === lines.length ? root : undefined;
}
