import { expect, it } from 'vitest';
import { splitStatements } from './statements.ts';

it.each([
  ['one', 'SELECT 1', ['SELECT 1']],
  ['two, and a last line break', 'CREATE A;\nCREATE B;\n', ['CREATE A', 'CREATE B']],
  ['a comment behind the end', 'CREATE A; -- done; now\nCREATE B', ['CREATE A', '-- done; now\nCREATE B']],
  ['Windows line ends', 'A;\r\nB;\r\n', ['A', 'B']],
  [
    '`;` in strings, names, comments and heredocs',
    "A ';\n' `;\n` /* ;\n */ $$;\n$$;\nB",
    ["A ';\n' `;\n` /* ;\n */ $$;\n$$", 'B'],
  ],
  ['`;` in the middle of a line is not an end', 'A; B;\nC', ['A; B', 'C']],
  ['comments only', '-- nothing\n/* here */\n;\n', []],
  ['nothing', '', []],
  ['comments before a statement stay with it', '-- why\nA;\n', ['-- why\nA']],
])('%s', (_what, sql, statements) => {
  expect(splitStatements(sql)).toEqual(statements);
});
