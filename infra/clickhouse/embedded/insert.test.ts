import { describe, expect, it } from 'vitest';
import { splitInsert } from './insert.ts';

const rowsOf = (sql: string) => {
  const split = splitInsert(sql);
  return split.kind === 'rows' ? { ...split, rows: sql.slice(split.dataStart) } : split;
};

describe('splitInsert', () => {
  it.each([
    ['INSERT INTO t FORMAT CSV\n1,a\n', 'INSERT INTO t', '', 'CSV', '1,a\n'],
    [
      'insert into `a.b`."c" (`x)`, y) format RowBinary',
      'insert into `a.b`."c" (`x)`, y)',
      '',
      'RowBinary',
      '',
    ],
    ['INSERT INTO TABLE t VALUES (1)', 'INSERT INTO TABLE t', '', 'Values', ' (1)'],
    ['INSERT t(a)VALUES(1)', 'INSERT t(a)', '', 'Values', '(1)'],
    [
      "INSERT INTO t SETTINGS a = 1, b = 'x' FORMAT TSV\r\n1",
      'INSERT INTO t',
      "SETTINGS a = 1, b = 'x'",
      'TSV',
      '1',
    ],
    [
      'INSERT INTO {db:Identifier}.{t:Identifier} FORMAT TSV 1',
      'INSERT INTO {db:Identifier}.{t:Identifier}',
      '',
      'TSV',
      '1',
    ],
    ['/* FORMAT x */ INSERT INTO t -- FORMAT y\n FORMAT TSV\n\n1', 'INSERT INTO t', '', 'TSV', '\n1'],
    ['INSERT INTO t (* EXCEPT(a)) FORMAT TSV', 'INSERT INTO t (* EXCEPT(a))', '', 'TSV', ''],
    ['INSERT INTO t', 'INSERT INTO t', '', undefined, ''],
  ])('%j', (sql, head, settings, format, rows) => {
    expect(rowsOf(sql)).toMatchObject({ kind: 'rows', head, settings, format, rows });
  });

  it.each([
    'SELECT 1',
    '',
    '-- INSERT INTO t FORMAT CSV',
    "SELECT 'INSERT INTO t FORMAT CSV'",
    'INSERTS INTO t FORMAT CSV',
  ])('%j is no INSERT', (sql) => {
    expect(splitInsert(sql)).toEqual({ kind: 'other' });
  });

  it.each([
    'INSERT INTO t SELECT 1',
    'INSERT INTO t (a) WITH 1 AS x SELECT x',
    'INSERT INTO t (SELECT 1)',
    'INSERT INTO t (a) ((SELECT 1))',
    "INSERT INTO t SELECT 'FORMAT CSV'",
    'INSERT INTO t SETTINGS max_threads = 1 SELECT 1',
  ])('%j has no rows of its own', (sql) => {
    expect(splitInsert(sql)).toEqual({ kind: 'select' });
  });

  it.each([
    ["INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", /INFILE/],
    ["INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') VALUES (1)", /FUNCTION/],
    ["INSERT INTO t SELECT * FROM input('a Int8') FORMAT CSV\n1\n\nDROP TABLE t", /input/],
    ['INSERT INTO t (a FORMAT CSV', /does not close/],
    ['INSERT INTO TABLE (a) FORMAT CSV', /table/],
    ['INSERT INTO t, u FORMAT CSV', /not understood at ,/],
    ['INSERT INTO t; DROP TABLE t', /not understood at ;/],
    ["INSERT INTO t FORMAT 'CSV'", /FORMAT needs a name/],
  ])('%j is refused', (sql, reason) => {
    expect(splitInsert(sql)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
  });
});
