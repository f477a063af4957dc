import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { ClickHouseError } from '#infra/clickhouse/port.ts';
import { type AstNode, parseAst } from '#infra/clickhouse/sql-ast.ts';
import { runUserSql } from '#infra/clickhouse/user-sql.ts';
import { startDatabase } from '#sinks/testing.ts';
import { Choices } from '../choices.ts';
import { Chance } from '../random.ts';
import { type Places, SqlGrammar } from '../seeds/sql.ts';
import { holds, type Target } from '../target.ts';

const CANARY = 'canary-of-a-file-and-a-table';
/** Of the tree that the engine itself makes: what no allowed statement may have, whatever the guard thinks. */
const FORBIDDEN_NODES =
  /^(Insert|Create|Drop|Alter|System|Set$|Use|Kill|Optimize|Rename|Truncate|Grant|Delete|Update|Attach|Detach|Undrop|Backup|Move|Transaction|Execute|ColumnsApply)/;
const FORBIDDEN_FUNCTIONS =
  /^(file|url|s3|remote|executable|dict|joinGet|sleep|hostName|getSetting|getMacro|filesystem|mysql|postgresql|merge$|view|input|loop|zookeeper|catboost|evalMLMethod|hdfs|jdbc|odbc|mongodb|sqlite|iceberg|cluster)/i;
const LOOK_EVERY = 50;

export const target: Target = {
  name: 'sql-guard',
  about:
    'SQL of a grammar with evasions, on a real engine: what the guard lets through has no forbidden node in the engine’s own tree, reads no canary, asks no server, changes nothing',
  share: 2,
  heavy: true,
  async start() {
    const database = await startDatabase();
    const place = mkdtempSync(path.join(tmpdir(), 'ati-fuzz-sql-'));
    let asked = 0;
    const trap = createServer((_request, response) => {
      asked++;
      response.end(CANARY);
    });
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
    const { clickhouse } = database;
    const places: Places = {
      file: path.join(place, 'secret.tsv'),
      url: `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`,
      otherTable: 'elsewhere.secrets',
      table: 't',
    };
    writeFileSync(places.file, `${CANARY}\n`);
    await clickhouse.command('CREATE DATABASE elsewhere');
    await clickhouse.command(
      `CREATE TABLE elsewhere.secrets ENGINE = MergeTree ORDER BY a AS SELECT '${CANARY}' AS a`,
    );
    await clickhouse.command(
      "CREATE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT toString(number) AS a, 'x' AS TraceId FROM numbers(10)",
    );
    const tablesOf = async () =>
      JSON.stringify(
        await clickhouse.query(
          "SELECT database, name, total_rows FROM system.tables WHERE database IN ('ati_test', 'elsewhere', 'default') ORDER BY 1, 2",
        ),
      );
    const before = await tablesOf();
    let inputs = 0;
    const chance = new Chance('sql');
    return {
      seeds: Array.from({ length: 40 }, () => chance.bytes(60)),
      mutators: [],
      async run(input) {
        const sql = new SqlGrammar(new Choices(input), places).statement();
        try {
          const result = await runUserSql(clickhouse, {
            sql,
            database: database.database,
            format: 'JSONEachRow',
          });
          if (result.ok) {
            const answer = await text(result.body);
            holds(!answer.includes(CANARY), () => `reads what it must not: ${sql}`);
            const { body } = await clickhouse.raw(`EXPLAIN AST ${sql}`, 'TabSeparatedRaw');
            const tree = parseAst((await text(body)).split('\n').slice(0, -1));
            const wrong = tree === undefined ? 'no tree' : forbiddenIn(tree);
            holds(wrong === undefined, () => `${wrong} was let through: ${sql}`);
          }
        } catch (error) {
          // What the engine says of a statement that the guard let through: a type, an unknown column, a limit.
          if (!(error instanceof ClickHouseError)) throw error;
          holds(
            !error.retriable || LIMITS.has(error.code),
            () => `the engine is away (${error.message}) after: ${sql}`,
          );
        }
        holds(asked === 0, () => `a server was asked by: ${sql}`);
        if (++inputs % LOOK_EVERY > 0) return;
        const files = readdirSync(place);
        holds(
          files.length === 1,
          () => `a file was written: ${files.join()}: one of the last ${LOOK_EVERY}, ${sql}`,
        );
        holds(
          (await tablesOf()) === before,
          () => `a table was changed by one of the last ${LOOK_EVERY}: ${sql}`,
        );
      },
      async stop() {
        trap.close();
        await database.stop();
        rmSync(place, { recursive: true, force: true });
      },
    };
  },
};

/** MEMORY_LIMIT_EXCEEDED, TIMEOUT_EXCEEDED: retriable, and the engine is there. */
const LIMITS: ReadonlySet<number> = new Set([241, 159, 160]);

function forbiddenIn(node: AstNode): string | undefined {
  // Options of an EXPLAIN change how it is printed.
  if (node.type === 'Explain')
    return forbiddenIn({ ...node, type: '', children: node.children.filter(({ type }) => type !== 'Set') });
  if (FORBIDDEN_NODES.test(node.type)) return node.type;
  if (node.type === 'Function' && FORBIDDEN_FUNCTIONS.test(node.text)) return `function ${node.text}`;
  if (
    node.type === 'TableIdentifier' &&
    /^(system|elsewhere|information_schema)\b/i.test(node.text) &&
    node.text !== 'system.one'
  )
    return `table ${node.text}`;
  for (const child of node.children) {
    const found = forbiddenIn(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
