import { describe, expect, it } from 'vitest';
import { quoteIdentifier, quoteString, tokenize } from './sql-lexer.ts';

const texts = (sql: string) => [...tokenize(sql)].map(({ type, text }) => `${type}:${text}`);

describe('tokenize', () => {
  it.each([
    ["a'b", ['word:a', "string:'b"]],
    ["'a''b' 'c\\'d'", ["string:'a''b'", "string:'c\\'d'"]],
    ['`a``b` "c;d"', ['quoted:`a``b`', 'quoted:"c;d"']],
    ['a--b\nc', ['word:a', 'word:c']],
    ['a-b', ['word:a', 'punctuation:-', 'word:b']],
    ['/* a /* b */ c */', ['word:c', 'punctuation:*', 'punctuation:/']],
    ['/* never closed', []],
    ['# a\nb #! c', ['word:b']],
    ['$$a;b$$ $t$ $$ $t$', ['string:$$a;b$$', 'string:$t$ $$ $t$']],
    ['$1', ['punctuation:$', 'number:1']],
    ['1e5 0x1F 1.5', ['number:1e5', 'number:0x1F', 'number:1.5']],
    ["x'\\'", ['word:x', "string:'\\'"]],
    ['', []],
  ])('%j', (sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it('is lazy: it does not look behind the token that was asked for', () => {
    const tokens = tokenize("INSERT INTO t FORMAT TSV 'never closed");
    expect(tokens.next().value).toMatchObject({ text: 'INSERT', start: 0, end: 6 });
  });
});

it('quotes so that nothing ends the quoting', () => {
  expect(quoteString("a'b\\")).toBe("'a\\'b\\\\'");
  expect(quoteIdentifier('a`b\\')).toBe('`a\\`b\\\\`');
});
