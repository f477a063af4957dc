import { expect, test } from 'vitest';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { Deletions, readDeletions, writeDeletion } from './deletions.ts';

const TRACE = 'ab'.repeat(16);

/** A topic in memory, as far as deletions ask for one. */
function log(records: readonly Pick<OutgoingRecord, 'key' | 'value'>[]) {
  return {
    offsets: async () => [{ partition: 0, earliest: 0, latest: records.length }],
    async *read() {
      for (const [offset, { key, value }] of records.entries())
        yield {
          partition: 0,
          offset,
          timestamp: 0,
          key: Buffer.from(String(key)),
          value: value === null ? null : Buffer.from(value),
          headers: {},
        };
    },
  };
}

async function written(...deletions: Parameters<typeof writeDeletion>[2][]) {
  const records: OutgoingRecord[] = [];
  const producer = {
    send: async (_topic: string, more: readonly OutgoingRecord[]) => {
      records.push(...more);
      return [];
    },
    close: async () => undefined,
  };
  for (const deletion of deletions) await writeDeletion(producer, 'deletions', deletion);
  return records;
}

test('a trace is deleted whenever its records were written, of its tenant only', () => {
  const deletions = new Deletions([{ tenant: 'a', traceId: TRACE, at: 1_000 }]);
  expect(deletions.isDeleted('a', TRACE, 5_000)).toBe(true);
  expect(deletions.isDeleted('b', TRACE, 500)).toBe(false);
  expect(deletions.isDeleted('a', 'cd'.repeat(16), 500)).toBe(false);
  expect(deletions.isDeleted('a', '', 500)).toBe(false);
});

test('of a tenant what was on the log by then; what it sends later is kept', () => {
  const deletions = new Deletions([{ tenant: 'a', traceId: '', at: 1_000 }]);
  expect(deletions.isDeleted('a', TRACE, 1_000)).toBe(true);
  expect(deletions.isDeleted('a', '', 999)).toBe(true);
  expect(deletions.isDeleted('a', TRACE, 1_001)).toBe(false);
});

test('they are read back from the log; the last of a key holds, a tombstone takes it away', async () => {
  const records = await written(
    { tenant: 'a', traceId: '', at: 1 },
    { tenant: 'a', traceId: TRACE, at: 2 },
    { tenant: 'a', traceId: '', at: 3 },
  );
  expect((await readDeletions(log(records), 'deletions')).all).toEqual([
    { tenant: 'a', traceId: '', at: 3 },
    { tenant: 'a', traceId: TRACE, at: 2 },
  ]);
  const gone = [...records, { key: records[1].key, value: null }];
  expect((await readDeletions(log(gone), 'deletions')).all).toHaveLength(1);
});

test.each(['', '{', '{"tenant":"","traceId":"","at":1}', '{"tenant":"a","traceId":"x","at":1}'])(
  'a record that is none (%j) stops whoever reads',
  async (value) => {
    await expect(readDeletions(log([{ key: 'k', value: Buffer.from(value) }]), 't')).rejects.toThrow(
      't/0@0 is no deletion',
    );
  },
);
