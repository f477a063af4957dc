import { describe, expect, test } from 'vitest';
import { DeadLetterLimit } from '#infra/kafka/dead-letter-limit.ts';
import type { KafkaRecord } from '#infra/kafka/port.ts';
import { malformed, ok, refused } from '../refusal.ts';
import type { SplitRequest } from '../split-request.ts';
import { chunksOf, type SplitRecord, splitChunk } from './chunk.ts';

const record = (value: string | null, offset = 0): KafkaRecord => ({
  partition: 3,
  offset,
  timestamp: 1_700_000_000_000,
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers: {},
});
const records = (...values: (string | null)[]) => values.map((value, offset) => record(value, offset));

/** One part for each record; `?` cannot be read. */
const split: SplitRecord = (otlp) => {
  if (otlp.includes('?')) return refused(malformed('field 1 is cut short'));
  const parts = [{ partition: 0, spanCount: 1, otlp }];
  return ok({ parts, accepted: 1, rejected: 0, rejectedReason: '', dropped: {} } as unknown as SplitRequest);
};
const through = (values: readonly KafkaRecord[], maxBytes = 100, limit = new DeadLetterLimit()) =>
  splitChunk('otlp_spans', values, split, maxBytes, limit);

describe('chunks', () => {
  const sizes = (maxBytes: number, ...values: (string | null)[]) =>
    chunksOf(records(...values), maxBytes).map((chunk) => chunk.map(({ offset }) => offset));

  test('hold as many records as fit, in order', () => {
    expect(sizes(4, 'aa', 'bb', 'c', 'ddd', 'e')).toEqual([[0, 1], [2, 3], [4]]);
    expect(sizes(100, 'aa', 'bb')).toEqual([[0, 1]]);
    expect(sizes(4)).toEqual([]);
  });

  test('a larger record is alone', () => {
    expect(sizes(2, 'a', 'bbbbbb', 'c')).toEqual([[0], [1], [2]]);
  });

  test('records without a value weigh nothing', () => {
    expect(sizes(2, null, 'aa', null)).toEqual([[0, 1, 2]]);
  });
});

describe('through the door', () => {
  test('what can be read goes on, the rest becomes dead letters', () => {
    const { parts, letters, read, fault } = through(records('a', '?', 'b'));
    expect(parts.map(({ otlp }) => String(otlp))).toEqual(['a', 'b']);
    expect(letters.map(({ record: { offset } }) => offset)).toEqual([1]);
    expect({ read, fault }).toEqual({ read: 3, fault: undefined });
  });

  test('a dead letter has no content: where it is, its size, its SHA-256', () => {
    const [letter] = through([record('secret?', 41)]).letters;
    expect(letter).toEqual({
      topic: 'otlp_spans',
      record: { partition: 3, offset: 41, value: null },
      step: 'split',
      reason: 'field 1 is cut short',
      ts: 1_700_000_000_000,
      details: {
        bytes: '7',
        sha256: '9aa1a7c25cd5601ec6b00edfd6d58aa36a7b1f8f4de2d492d72851fe64de2222',
      },
    });
  });

  test('a record without a value and one that is too large are dead letters', () => {
    const { letters, parts } = through(records(null, 'abcde', 'abcd'), 4);
    expect(letters.map(({ reason }) => reason)).toEqual(['a record without a value', 'larger than 4 bytes']);
    expect(parts).toHaveLength(1);
  });

  test('an empty record is a valid message without spans', () => {
    const { letters, parts } = through(records(''));
    expect({ letters: letters.length, parts: parts.length }).toEqual({ letters: 0, parts: 1 });
  });

  test('ends before the one of which on more than half of the last hundred are dead letters', () => {
    const all = Array.from({ length: 300 }, (_, i) => record('?', i));
    const first = through(all);
    expect(first.read).toBe(99);
    expect(first.letters).toHaveLength(99);
    expect(first.fault?.text).toContain('100 of the last 100');
    expect(first.fault?.at.record.offset).toBe(99);
  });

  test('what can be read goes on while there are too many that cannot: it is no reason to stop', () => {
    const limit = new DeadLetterLimit();
    limit.recall({ records: 200, dead: 150 });
    const { read, fault, parts } = through(records('a', 'b', '?', 'c'), 100, limit);
    expect([read, parts.length, fault?.at.record.offset]).toEqual([2, 2, 2]);
  });

  test('half is no fault, and the limit remembers the chunks before', () => {
    const limit = new DeadLetterLimit();
    const mixed = Array.from({ length: 200 }, (_, i) => record(i % 2 === 0 ? 'a' : '?', i));
    expect(through(mixed, 100, limit).fault).toBeUndefined();
    const { read, fault } = through(records('?', '?', '?'), 100, limit);
    expect(fault?.text).toContain('101 of the last 201');
    expect(read).toBe(0);
  });
});
