/** The tree that `EXPLAIN AST` prints: one node a line, one blank of indent a level, `(children n)` where it has any. */

export interface AstNode {
  /** `SelectQuery`, `Function` …: the line's first word. */
  readonly type: string;
  /** What follows it, without alias and number of children: a function's name, an identifier, a literal. */
  readonly text: string;
  readonly children: readonly AstNode[];
}

const MAX_DEPTH = 500;

/**
 * Undefined when the lines are no such tree. Names are printed bare: one that holds a line break and text like a
 * node's can add nodes below itself, but not hide or move one, since every number of children is checked.
 */
export function parseAst(lines: readonly string[]): AstNode | undefined {
  let next = 0;
  const node = (depth: number): AstNode | undefined => {
    const line = parseLine(lines[next] ?? '');
    if (line === undefined || line.depth !== depth || depth > MAX_DEPTH) return undefined;
    next++;
    const children: AstNode[] = [];
    for (let i = 0; i < line.count; i++) {
      const child = node(depth + 1);
      if (child === undefined) return undefined;
      children.push(child);
    }
    return { type: line.type, text: line.text, children };
  };
  const root = node(0);
  return next === lines.length ? root : undefined;
}

/** `  Function plus (alias x) (children 2)`: read from its end, where nothing that a user named can stand. */
function parseLine(line: string) {
  const count = / \(children (\d+)\)$/.exec(line);
  const rest = count === null ? line : line.slice(0, count.index);
  const parts = /^( *)(\S+)(.*)$/s.exec(rest);
  if (parts === null) return undefined;
  const [, indent, type, text] = parts;
  const alias = text.indexOf(' (alias ');
  return {
    depth: indent.length,
    type,
    text: (alias < 0 ? text : text.slice(0, alias)).trim(),
    count: Number(count?.[1] ?? 0),
  };
}
