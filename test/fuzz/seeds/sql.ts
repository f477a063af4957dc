/** SQL made of choices: reads as people write them, with what must not be read, run or written put anywhere in them. */
import type { Choices } from '../choices.ts';

export interface Places {
  /** A file, a URL and a table that nothing may reach, and a table that may be read. */
  readonly file: string;
  readonly url: string;
  readonly otherTable: string;
  readonly table: string;
}

const MAX_DEPTH = 4;
const FUNCTIONS = [
  'count',
  'sum',
  'max',
  'length',
  'toString',
  'upper',
  'concat',
  'arrayMap',
  'if',
  'in',
  'tuple',
  'cityHash64',
];
const FORBIDDEN = [
  'file',
  'url',
  's3',
  'remote',
  'executable',
  'dictGet',
  'joinGet',
  'sleep',
  'hostName',
  'getSetting',
  'currentUser',
  'filesystemAvailable',
  'catboostEvaluate',
  'initializeAggregation',
  'merge',
  'view',
  'input',
  'loop',
  'generateRandom',
  'numbers',
  'values',
  'zookeeper',
  'evalMLMethod',
  'getMacro',
  'structureToProtobufSchema',
];
const TYPES = ['UInt8', 'String', 'DateTime', 'Array(String)'];
const SEPARATORS = [' ', '\n', '/**/', '/* x */', ' -- y\n', '\t', '\u00a0', '\ufeff'];

export class SqlGrammar {
  readonly #choices: Choices;
  readonly #places: Places;

  constructor(choices: Choices, places: Places) {
    this.#choices = choices;
    this.#places = places;
  }

  statement(): string {
    const prefix = this.#pick([
      '',
      '',
      '',
      '',
      'EXPLAIN ',
      'EXPLAIN AST ',
      'EXPLAIN AST optimize = 1 ',
      'DESCRIBE ',
      'EXPLAIN PIPELINE graph = 1 ',
      '(',
    ]);
    const tail = this.#pick([
      '',
      '',
      '',
      '',
      ';',
      '; DROP TABLE t',
      ' FORMAT Null',
      ` INTO OUTFILE '${this.#places.file}.out'`,
      ' SETTINGS readonly = 0',
      ' SETTINGS max_execution_time = 0',
      ')',
      '; SELECT 1',
    ]);
    const other = this.#pick(['', '', '', '', '', '', '', 'foreign']);
    if (other !== '') return this.#foreign();
    return `${prefix}${this.#select(0)}${tail}`;
  }

  #pick<T>(from: readonly T[]): T {
    return this.#choices.pick(from);
  }

  /** One of them, and only that one is made. */
  #one(...from: readonly (() => string)[]): string {
    return this.#choices.pick(from)();
  }

  #gap(): string {
    return this.#choices.below(4) === 0 ? this.#pick(SEPARATORS) : ' ';
  }

  /** A whole statement that is no read. */
  #foreign(): string {
    const { table, file } = this.#places;
    return this.#pick([
      `INSERT INTO ${table} VALUES (1)`,
      `DROP TABLE ${table}`,
      `ALTER TABLE ${table} DELETE WHERE 1`,
      'SYSTEM SHUTDOWN',
      `CREATE TABLE x ENGINE = File(TSV, '${file}') AS SELECT 1`,
      'SET readonly = 0',
      'USE system',
      'KILL QUERY WHERE 1',
      'SHOW DATABASES',
      'SHOW GRANTS',
      'SHOW TABLES FROM system',
      `EXISTS TABLE ${this.#places.otherTable}`,
      `SHOW CREATE TABLE ${this.#places.otherTable}`,
      `RENAME TABLE ${table} TO y`,
      `TRUNCATE TABLE ${table}`,
      `OPTIMIZE TABLE ${table}`,
      'EXECUTE AS default SELECT 1',
      `BEGIN TRANSACTION`,
      `EXPLAIN TABLE OVERRIDE mysql('h','d','t','u','p')`,
    ]);
  }

  #select(depth: number): string {
    const g = () => this.#gap();
    const with_ = this.#choices.below(5) === 0 ? `WITH${g()}${this.#with(depth)}${g()}` : '';
    const from = this.#choices.below(5) === 0 ? '' : `${g()}FROM${g()}${this.#source(depth)}`;
    const rest = this.#choices.below(3) === 0 ? this.#clause(depth) : '';
    const one = `${with_}SELECT${g()}${this.#columns(depth)}${from}${rest}`;
    return this.#choices.below(8) === 0 && depth < MAX_DEPTH
      ? `${one}${g()}${this.#pick(['UNION ALL', 'EXCEPT', 'INTERSECT', 'UNION DISTINCT'])}${g()}${this.#select(depth + 1)}`
      : one;
  }

  #with(depth: number): string {
    if (depth >= MAX_DEPTH) return '1 AS a';
    return this.#one(
      () => `a AS (${this.#select(depth + 1)})`,
      () => `${this.#expression(depth)} AS a`,
      () => `(${this.#select(depth + 1)}) AS a`,
    );
  }

  #columns(depth: number): string {
    const columns = Array.from({ length: 1 + this.#choices.below(3) }, () => this.#column(depth));
    return columns.join(`,${this.#gap()}`);
  }

  #column(depth: number): string {
    return this.#one(
      () => this.#expression(depth),
      () => '*',
      () => `* APPLY(${this.#name()})`,
      () => '* EXCEPT(a)',
      () => `* REPLACE(${this.#expression(depth)} AS a)`,
      () => `COLUMNS('.*') APPLY ${this.#name()}`,
      () => `${this.#expression(depth)} AS ${this.#quoted('a')}`,
      () => `sum(1) OVER (ORDER BY ${this.#expression(depth)})`,
    );
  }

  #name(): string {
    return this.#choices.below(3) === 0 ? this.#pick(FORBIDDEN) : this.#pick(FUNCTIONS);
  }

  #quoted(name: string): string {
    return this.#pick([name, name.toUpperCase(), `\`${name}\``, `"${name}"`]);
  }

  #literal(): string {
    const { file, url } = this.#places;
    return this.#pick([
      '1',
      '-1',
      '1e10',
      "'a'",
      `'${file}'`,
      `'${url}'`,
      "'\\''",
      'NULL',
      '[1, 2]',
      '(1, 2)',
      '$$a$$',
      '{p:String}',
      "map('a', 1)",
      'INTERVAL 1 DAY',
      "'TSV'",
      'true',
    ]);
  }

  #expression(depth: number): string {
    if (depth >= MAX_DEPTH) return this.#literal();
    const inner = () => this.#expression(depth + 1);
    switch (this.#choices.below(12)) {
      case 0:
        return `(${this.#select(depth + 1)})`;
      case 1: {
        const set = this.#one(
          () => `(${this.#select(depth + 1)})`,
          () => this.#tableName(),
          () => `(${this.#tableName()})`,
        );
        return `${inner()}${this.#gap()}${this.#pick(['IN', 'NOT IN', 'GLOBAL IN'])}${this.#gap()}${set}`;
      }
      case 2:
        return `arrayMap(x -> ${this.#name()}(x, ${inner()}), [${inner()}])`;
      case 3:
        return `CAST(${inner()} AS ${this.#pick(TYPES)})`;
      case 4:
        return `${inner()}${this.#pick([' + ', ' || ', ' AND ', '::', ' = ', '.'])}${inner()}`;
      case 5:
        return `EXISTS(${this.#select(depth + 1)})`;
      case 6:
      case 7:
      case 8:
        return `${this.#quoted(this.#name())}${this.#pick(['', '', '/**/', ' '])}(${inner()}, ${inner()})`;
      case 9:
        return this.#pick(['a', 'TraceId', 'x', '`a`', 't.a', '_file', '_path', '@@version']);
      default:
        return this.#literal();
    }
  }

  #tableName(): string {
    const { table, otherTable, file } = this.#places;
    return this.#pick([
      table,
      table,
      otherTable,
      'system.tables',
      '`system`.`users`',
      'system.one',
      `\`${file}\``,
      `'${file}'`,
      'information_schema.tables',
      'a',
      'INFORMATION_SCHEMA.COLUMNS',
      otherTable.toUpperCase(),
    ]);
  }

  #source(depth: number): string {
    switch (this.#choices.below(6)) {
      case 0:
        return depth < MAX_DEPTH ? `(${this.#select(depth + 1)})` : this.#tableName();
      case 1:
        return `${this.#quoted(this.#pick(FORBIDDEN))}(${this.#expression(depth + 1)}, ${this.#expression(depth + 1)})`;
      case 2: {
        const on = this.#one(
          () => '',
          () => 'USING a',
          () => 'ON 1',
          () => `ON a = ${this.#expression(depth + 1)}`,
        );
        return `${this.#tableName()} ${this.#pick(['JOIN', 'LEFT JOIN', 'CROSS JOIN', ',', 'ASOF JOIN'])} ${this.#tableName()} ${on}`;
      }
      case 3: {
        const suffix = this.#one(
          () => ' FINAL',
          () => ' AS t',
          () => ' SAMPLE 1/2',
          () => ` ARRAY JOIN [${this.#expression(depth + 1)}] AS x`,
        );
        return `${this.#tableName()}${suffix}`;
      }
      default:
        return this.#tableName();
    }
  }

  #clause(depth: number): string {
    const e = this.#expression(depth + 1);
    return ` ${this.#pick([`WHERE ${e}`, `PREWHERE ${e}`, `GROUP BY ${e}`, `HAVING ${e}`, `ORDER BY ${e}`, `ORDER BY a WITH FILL FROM ${e}`, `LIMIT ${e}`, `LIMIT 1 BY ${e}`, `QUALIFY ${e}`, `WINDOW w AS (ORDER BY ${e})`, `SETTINGS max_threads = 1`, `FORMAT TSV`, 'OFFSET 1', 'INTERPOLATE (a AS 1)'])}`;
  }
}
