/**
 * Which syntax trees of user SQL are allowed. Everything is on a list: node types, functions, table functions, tables;
 * what the list does not know is refused. ClickHouse prints the name in `* APPLY(name)`, among others, nowhere in the
 * tree, so a list of what is forbidden could not do.
 */
import type { AstNode } from './sql-ast.ts';
import { isAllowedFunction, isAllowedTableFunction } from './sql-functions.ts';

/** The reason of a refusal, in words for who wrote the SQL; undefined: allowed. */
export type Refusal = string | undefined;

/** Node types with nothing to check but their children. */
const TRANSPARENT = new Set([
  'ArrayJoin',
  'Asterisk',
  'ColumnsExceptTransformer',
  'ColumnsListMatcher',
  'ColumnsRegexpMatcher',
  'ColumnsReplaceTransformer',
  'ColumnsReplaceTransformer::Replacement',
  'ColumnsTransformerList',
  'ExpressionList',
  'Identifier',
  'InterpolateElement',
  'Literal',
  'OrderByElement',
  'QualifiedAsterisk',
  'QualifiedColumnsListMatcher',
  'QualifiedColumnsRegexpMatcher',
  'SampleRatio',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'Subquery',
  'TableJoin',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'WindowDefinition',
  'WindowListElement',
  'WithElement',
]);

const HINTS: Readonly<Record<string, string>> = {
  Set: 'SETTINGS are not allowed: the limits are fixed',
  ColumnsApplyTransformer: 'APPLY is not allowed: name the columns',
  QueryParameter: 'query parameters are not allowed',
  ShowColumns: 'use DESCRIBE TABLE',
};

/** `x IN t` reads the table t. */
export const IN_FUNCTIONS = /^(global)?(not)?(null)?in(ignoreset)?$/i;

/** What tells nothing of the data; a plan and its estimates count the rows, parts and marks of everybody. */
const TENANT_EXPLAINS = new Set(['EXPLAIN AST', 'EXPLAIN SYNTAX', 'EXPLAIN QUERY TREE']);

export class Rules {
  readonly #database: string;
  readonly #byTenant: boolean;

  /** `byTenant`: the database is one of views by tenant (sql-tenant.ts). */
  constructor(database: string, byTenant = false) {
    this.#database = database;
    this.#byTenant = byTenant;
  }

  statement(root: AstNode): Refusal {
    switch (root.type) {
      case 'SelectWithUnionQuery':
      case 'SelectIntersectExceptQuery':
      case 'SelectQuery':
        return this.#node(root);
      case 'Explain':
        return this.#explain(root);
      case 'DescribeQuery':
        return this.#all(root.children);
      case 'ShowTables':
        // Whether it is TABLES (and not DATABASES, CLUSTERS, SETTINGS) is not in the tree: see sql-guard.ts.
        return root.children.length === 0 ? undefined : 'SHOW TABLES shows this database only';
      case 'ShowCreateTableQuery':
      case 'ExistsTableQuery':
        return this.#named(root.children.map((child) => child.text));
      default:
        return (
          HINTS[root.type] ?? `only SELECT, EXPLAIN, DESCRIBE, SHOW and EXISTS are allowed, not ${root.type}`
        );
    }
  }

  #explain(root: AstNode): Refusal {
    if (this.#byTenant && !TENANT_EXPLAINS.has(root.text))
      return 'a plan would tell of the rows of other tenants: EXPLAIN SYNTAX, QUERY TREE and AST are allowed';
    const query = root.children.filter((child) => child.type !== 'Set');
    if (/OVERRIDE|TRANSACTION/.test(root.text) || query.length !== 1) return 'only a SELECT can be explained';
    if (!query[0].type.startsWith('Select')) return 'only a SELECT can be explained';
    return this.#node(query[0]);
  }

  #node(node: AstNode): Refusal {
    switch (node.type) {
      case 'SelectWithUnionQuery':
        // More children are INTO OUTFILE, FORMAT and SETTINGS.
        if (node.children.length !== 1 || node.children[0].type !== 'ExpressionList')
          return 'INTO OUTFILE, FORMAT and SETTINGS are not allowed';
        return this.#all(node.children);
      case 'TableExpression':
        return this.#tableExpression(node);
      case 'Function':
        return this.#function(node);
      default:
        if (TRANSPARENT.has(node.type)) return this.#all(node.children);
        return HINTS[node.type] ?? `${node.type} is not allowed`;
    }
  }

  #all(nodes: readonly AstNode[]): Refusal {
    for (const node of nodes) {
      const refusal = this.#node(node);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  #tableExpression(node: AstNode): Refusal {
    const [source, ...rest] = node.children;
    if (source?.type === 'TableIdentifier') return this.#table(source.text) ?? this.#all(rest);
    if (source?.type === 'Function') {
      if (!isAllowedTableFunction(source.text)) return `the table function ${source.text} is not allowed`;
      return this.#all(source.children) ?? this.#all(rest);
    }
    return this.#all(node.children);
  }

  #function(node: AstNode): Refusal {
    if (!isAllowedFunction(node.text)) return `the function ${node.text} is not allowed`;
    if (IN_FUNCTIONS.test(node.text)) {
      const right = node.children[0]?.children[1];
      const refusal = right?.type === 'Identifier' ? this.#table(right.text) : undefined;
      if (refusal !== undefined) return refusal;
    }
    return this.#all(node.children);
  }

  #table(name: string): Refusal {
    return this.#named(name.split('.'));
  }

  /** [table] or [database, table]. A name without a database is a CTE's or is looked up in ours. */
  #named(parts: readonly string[]): Refusal {
    const plain = parts.every((part) => /^\w+$/.test(part));
    if (plain && parts.length === 1) return undefined;
    if (plain && parts.length === 2 && parts[0] === this.#database) return undefined;
    if (parts.join('.') === 'system.one') return undefined;
    if (this.#byTenant) return `there is no table ${parts.join('.')} here: name tables without a database`;
    return `the table ${parts.join('.')} is not one of the database ${this.#database}`;
  }
}
