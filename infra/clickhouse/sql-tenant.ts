/**
 * The tables as one tenant sees them: a database of views beside the installation's, in which user SQL runs. A view
 * reads the rows of the tenant that the request's settings name, which user SQL can neither read nor change.
 *
 * Why views, and why PREWHERE in them. Rows of others must not only be missing from the answer: no expression of the
 * user may be evaluated on them either, since its error would tell a value, or one bit at a time whether it failed.
 * ClickHouse moves and merges filters: with `additional_table_filters` it evaluated `toUInt8(Title)` on other tenants'
 * rows (seen with 26.7; sql-tenant.int.test.ts holds the queries). A PREWHERE that is written is where reading begins:
 * it is evaluated first, alone, and nothing is merged into it. User SQL cannot write one on a view, nor reach a table's
 * parts (`_part` …) through it. A row policy would do as well, but the embedded engine has none.
 *
 * Every view says FINAL, since ClickHouse ignores it behind a view: rows count once whether SQL says it or not.
 */
import { createHash } from 'node:crypto';
import { tenantViewsOf } from './beside.ts';
import type { ClickHouse } from './port.ts';
import type { AstNode } from './sql-ast.ts';
import { quoteIdentifier, quoteString, tokenize } from './sql-lexer.ts';
import { parseSql } from './sql-parse.ts';
import { IN_FUNCTIONS } from './sql-rules.ts';

/**
 * Carries the tenant. A setting of ClickHouse's own that no read looks at, since settings of one's own need the
 * server's configuration; unset it is empty, which is no tenant's name.
 */
const TENANT_SETTING = 'insert_deduplication_token';

const SETTINGS = { max_execution_time: 10 };

interface Table {
  readonly name: string;
  readonly engine: string;
  /** Of a view: its query, as the server writes it. */
  readonly query: string;
  readonly comment: string;
  readonly columns: readonly string[];
}

/** The settings with which views give the rows of `tenant` alone. They come before `readonly`. */
export function tenantSettings(tenant: string): Record<string, string | number> {
  return {
    [TENANT_SETTING]: tenant,
    // It remembers by condition which rows are not worth reading, which is different for every tenant.
    use_query_condition_cache: 0,
    // How many rows were read is how many others have, too.
    output_format_write_statistics: 0,
  };
}

/** So long views count as right: what they show is a tenant's own whatever their age, a column may be missing. */
const FRESH_MS = 10_000;
const looked = new WeakMap<
  ClickHouse,
  Map<string, { readonly at: number; readonly views: Promise<string> }>
>();

/**
 * The name of the database of views, which has been made or brought up to date. Tables without a TenantId are not in it,
 * nor views that read anything else. Throws ClickHouseError, of code 497 where ATI's user may not create it.
 */
export function tenantDatabase(ch: ClickHouse, database: string): Promise<string> {
  const known = looked.get(ch) ?? new Map();
  looked.set(ch, known);
  const last = known.get(database);
  if (last !== undefined && performance.now() - last.at < FRESH_MS) return last.views;
  const views = makeViews(ch, database);
  known.set(database, { at: performance.now(), views });
  views.catch(() => known.delete(database));
  return views;
}

async function makeViews(ch: ClickHouse, database: string): Promise<string> {
  const views = tenantViewsOf(database);
  const [tables, present] = await Promise.all([tablesOf(ch, database), tablesOf(ch, views)]);
  const wanted = await definitions(ch, tables, database, views);
  const there = new Map(present.map((table) => [table.name, table.comment]));
  const missing = wanted.filter(({ name, comment }) => there.get(name) !== comment);
  if (missing.length > 0) {
    // By its name in the request: the database may not exist yet.
    const settings = { ...SETTINGS, database: 'default' };
    await ch.command(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(views)}`, { settings });
    for (const { name, query, comment } of missing) {
      const view = `${quoteIdentifier(views)}.${quoteIdentifier(name)}`;
      const text = `CREATE OR REPLACE VIEW ${view} AS ${query} COMMENT ${quoteString(comment)}`;
      await ch.command(text, { settings });
    }
  }
  const known = new Set(wanted.map(({ name }) => name));
  for (const { name } of present) {
    if (!known.has(name))
      await ch.command(`DROP VIEW IF EXISTS ${quoteIdentifier(views)}.${quoteIdentifier(name)}`);
  }
  return views;
}

async function tablesOf(ch: ClickHouse, database: string): Promise<Table[]> {
  return ch.query<Table>(
    `SELECT name, engine, as_select AS query, comment, columns
     FROM system.tables AS t
     LEFT JOIN (
       SELECT table, arrayMap(c -> c.2, arraySort(groupArray((position, concat(name, ' ', type))))) AS columns
       FROM system.columns WHERE database = {database:String} GROUP BY table
     ) AS c ON t.name = c.table
     WHERE database = {database:String} ORDER BY name`,
    { params: { database }, settings: { ...SETTINGS, database: 'default' } },
  );
}

interface Definition {
  readonly name: string;
  readonly query: string;
  /** Of the query and the columns behind it: another one means that the view is out of date. */
  readonly comment: string;
}

/** Of the tables first: the views read them. */
async function definitions(
  ch: ClickHouse,
  tables: readonly Table[],
  database: string,
  views: string,
): Promise<Definition[]> {
  const byTenant = tables.filter(({ columns }) => columns.some((column) => column.startsWith('TenantId ')));
  const stored = byTenant.filter(({ engine }) => engine.endsWith('MergeTree'));
  const readable = new Set(stored.map(({ name }) => name));
  const digest = (query: string, columns: readonly string[]) =>
    createHash('sha256')
      .update(JSON.stringify([query, columns]))
      .digest('hex')
      .slice(0, 32);
  const made = stored.map(({ name, columns }): Definition => {
    const table = `${quoteIdentifier(database)}.${quoteIdentifier(name)}`;
    const query = `SELECT * FROM ${table} FINAL PREWHERE TenantId = getSetting(${quoteString(TENANT_SETTING)})`;
    return { name, query, comment: digest(query, columns) };
  });
  for (const { name, engine, query, columns } of byTenant) {
    if (engine !== 'View') continue;
    const moved = movedTo(views, query, database);
    if (!(await readsOnly(ch, moved, views, readable))) continue;
    // Its columns are those of the tables behind it.
    made.push({
      name,
      query: moved,
      comment: digest(moved, [...columns, ...made.map((each) => each.comment)]),
    });
  }
  return made;
}

/** The query with `database.table` in place of its tables, as the server writes it, of another database. */
function movedTo(views: string, query: string, database: string): string {
  const tokens = [...tokenize(query)];
  let text = query;
  for (let i = tokens.length - 2; i > 0; i--) {
    const [before, at, dot] = [tokens[i - 1], tokens[i], tokens[i + 1]];
    const named = at.text === database || at.text === quoteIdentifier(database);
    if (!named || dot.text !== '.' || !/^(FROM|JOIN)$/i.test(before.text)) continue;
    text = text.slice(0, at.start) + quoteIdentifier(views) + text.slice(at.end);
  }
  return text;
}

/** Whether all tables of the query are these of `database`: what `movedTo` has not understood is no view of ours. */
async function readsOnly(
  ch: ClickHouse,
  query: string,
  database: string,
  tables: ReadonlySet<string>,
): Promise<boolean> {
  const tree = await parseSql(ch, query, 'default');
  return tree !== undefined && every(tree, database, tables);
}

function every(node: AstNode, database: string, tables: ReadonlySet<string>): boolean {
  if (node.type === 'TableIdentifier') {
    const [first, table, ...more] = node.text.split('.');
    if (first !== database || more.length > 0 || !tables.has(table)) return false;
  }
  // A table function, or `x IN t`: not needed, so not looked into.
  if (node.type === 'TableExpression' && node.children[0]?.type === 'Function') return false;
  if (node.type === 'Function' && IN_FUNCTIONS.test(node.text)) return false;
  return node.children.every((child) => every(child, database, tables));
}
