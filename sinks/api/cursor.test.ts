import { describe, expect, test } from 'vitest';
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';

const id = 'a'.repeat(32);

test('a cursor comes back as it was', () => {
  for (const time of ['0', '1700000000123456789', '-5', '9223372036854775807']) {
    expect(decodeCursor(encodeCursor({ time, id }))).toEqual({ time, id });
  }
});

test.each([
  ['empty', ''],
  ['not base64', '!!!'],
  ['text', Buffer.from('hello').toString('base64url')],
  ['a wrong id', Buffer.from(`1 ${'g'.repeat(32)}`).toString('base64url')],
  ['a time past 64 bits', Buffer.from(`9999999999999999999 ${id}`).toString('base64url')],
  ['SQL', Buffer.from(`1) OR (1=1 ${id}`).toString('base64url')],
  ['a second spelling', `${encodeCursor({ time: '1', id })}=`],
])('%s is refused', (_what, cursor) => {
  expect(() => decodeCursor(cursor)).toThrow('cursor: is not one that this list has given');
});

describe('pages', () => {
  const positionOf = (n: number) => ({ time: String(n), id });
  test('the last page has no next', () => {
    expect(pageOf([3, 2], 2, positionOf)).toEqual({ page: [3, 2], next: null });
    expect(pageOf([], 2, positionOf)).toEqual({ page: [], next: null });
  });
  test('with one row more, next is the last row that was given', () => {
    expect(pageOf([3, 2, 1], 2, positionOf)).toEqual({ page: [3, 2], next: encodeCursor(positionOf(2)) });
  });
});
