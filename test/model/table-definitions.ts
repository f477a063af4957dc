/** The tables as the migrations make them: types of their columns, and what makes a row replace another. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parts, type Skip, skipOf } from './rowbinary.ts';

export interface TableDefinition {
  readonly columns: ReadonlyMap<string, Skip>;
  /** Columns of the sorting key, and of the partition: a row replaces one that has all of them equal. */
  readonly key: readonly string[];
  /** The greatest is what counts; undefined: the last one written. */
  readonly version: string | undefined;
}

const MIGRATIONS = fileURLToPath(new URL('../../sinks/migrations', import.meta.url));

export function tableDefinitions(): ReadonlyMap<string, TableDefinition> {
  const tables = new Map<string, TableDefinition>();
  const added: [table: string, column: string][] = [];
  for (const file of readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    const sql = readFileSync(`${MIGRATIONS}/${file}`, 'utf8').replace(/^--.*$/gm, '');
    for (const statement of sql.split(/;\s*$/m)) {
      const created =
        /CREATE TABLE IF NOT EXISTS \{database\}\.(\w+)\s*\((.*)\)\s*ENGINE = ReplacingMergeTree(?:\((\w+)\))?(.*)$/s.exec(
          statement,
        );
      if (created) tables.set(created[1], defined(created[2], created[3], created[4]));
      const altered = /ALTER TABLE \{database\}\.(\w+)\s/.exec(statement);
      if (altered)
        for (const [, column] of statement.matchAll(
          /ADD COLUMN IF NOT EXISTS ([^;]*?)(?=,\s*ADD COLUMN|$)/gs,
        ))
          added.push([altered[1], column]);
    }
  }
  for (const [table, column] of added)
    for (const [name, skip] of columnsOf(column))
      (tables.get(table)!.columns as Map<string, Skip>).set(name, skip);
  return tables;
}

function defined(columns: string, version: string | undefined, rest: string): TableDefinition {
  const known = new Map(parts(columns).flatMap(columnsOf));
  const order = /ORDER BY \((.*)\)/.exec(rest)?.[1] ?? '';
  // What is computed (toDateTime(Timestamp)) is computed from columns that are in the key themselves.
  const key = parts(order)
    .map((each) => each.trim())
    .filter((each) => known.has(each));
  return { columns: known, key, version };
}

/** `name` type …, or a Nested, which is an array for each of its members; nothing for an index. */
function columnsOf(definition: string): [string, Skip][] {
  const [, name, rest] = /^\s*`(\w+)` (.*)$/s.exec(definition) ?? [];
  if (name === undefined) return [];
  const nested = /^Nested\s*\((.*)\)/s.exec(rest);
  if (nested)
    return parts(inside(nested[1])).map((member) => {
      const [, inner, type] = /^\s*(\w+) (.*)$/s.exec(member)!;
      return [`${name}.${inner}`, skipOf(`Array(${type})`)];
    });
  return [[name, skipOf(typeAt(rest))]];
}

/** Up to the bracket that closes what was opened before the text. */
function inside(text: string): string {
  let depth = 1;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return text.slice(0, i);
  }
  return text;
}

/** The type at the beginning: a word, and its brackets. */
function typeAt(text: string): string {
  const [word] = /^\w+/.exec(text)!;
  return text[word.length] === '(' ? `${word}(${inside(text.slice(word.length + 1))})` : word;
}
