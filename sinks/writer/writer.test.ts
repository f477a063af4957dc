import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClickHouseError } from '#infra/clickhouse/port.ts';
import { DeadLetterLimit } from '#infra/kafka/dead-letter-limit.ts';
import { DeadLetters } from '#infra/kafka/dead-letters.ts';
import type { Batch, Consumer, KafkaRecord, OffsetCommit, OutgoingRecord } from '#infra/kafka/port.ts';
import { byTable, type Projection, type TablesProjection } from '../projections/projection.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { Writer, type WriterOptions } from './writer.ts';

/** A record's value is its rows, a letter each; `?` anywhere cannot be decoded. */
const letters: Projection = {
  name: 'letters',
  topic: 'spans',
  table: 'letters',
  columns: ['Letter'],
  append(out: RowBuffer, value) {
    const text = Buffer.from(value).toString();
    if (text.includes('?')) return { ok: false, reason: 'a question' };
    for (const letter of text) out.text(letter);
    return { ok: true, rows: text.length };
  },
};

const away = () => new ClickHouseError('no answer', 0, true);
const refused = () => new ClickHouseError('cannot parse', 27, false);

function setup(options: Partial<WriterOptions> = {}) {
  const inserts: { rows: string; done: () => void; fail: (error: unknown) => void }[] = [];
  const commits: (OffsetCommit & { epoch: number })[] = [];
  const sent: OutgoingRecord[] = [];
  const log: string[] = [];
  const fatal: unknown[] = [];
  const kafka = {
    epoch: 1,
    commitError: undefined as Error | undefined,
    produceError: undefined as Error | undefined,
  };
  const producer = {
    send: async (_topic: string, records: readonly OutgoingRecord[]) => {
      if (kafka.produceError) throw kafka.produceError;
      sent.push(...records);
      return [];
    },
    close: async () => {},
  };
  const consumer: Consumer = {
    done: new Promise<void>(() => {}),
    assigned: true,
    commit: async (offsets, epoch) => {
      if (kafka.commitError) throw kafka.commitError;
      if (epoch !== kafka.epoch) return false;
      commits.push(...offsets.map((offset) => ({ ...offset, epoch })));
      return true;
    },
    pause: () => {},
    resume: () => {},
    close: async () => {},
  };
  const insert = (rows: Uint8Array, cut: AbortSignal) =>
    new Promise<void>((done, fail) => {
      // Each row is its length and its letter.
      const text = Buffer.from(rows).filter((byte) => byte !== 1);
      inserts.push({ rows: text.toString(), done, fail });
      // As the port does it.
      cut.addEventListener('abort', () => fail(new ClickHouseError('the request was aborted', 394, false)));
    });
  const writer = new Writer({
    projection: byTable(letters),
    topic: 'letters',
    tables: [{ table: 'letters', insert }],
    deadLetters: new DeadLetters(producer, 'dead'),
    deadLettersTopic: 'dead',
    batchRows: 4,
    batchBytes: 1 << 20,
    flushMs: 100,
    idleCommitMs: 1000,
    retry: { firstMs: 10, maxMs: 40, random: () => 0 },
    events: {
      stored: (_table, rows) => log.push(`stored ${rows}`),
      retrying: (_table, _reason, attempt) => log.push(`retry ${attempt}`),
      deadLetter: (step, record, reason) => log.push(`${step} ${record.offset}: ${reason}`),
      uncommitted: (reason) => log.push(`uncommitted ${reason}`),
      read: (records) => log.push(`read ${records}`),
      waited: () => undefined,
    },
    onFatal: (error) => fatal.push(error),
    ...options,
  });
  writer.started(consumer);
  return { writer, inserts, commits, sent, log, fatal, kafka };
}

function batch(partition: number, offset: number, values: readonly (string | null)[], epoch = 1): Batch {
  const records = values.map(
    (value, i): KafkaRecord => ({
      partition,
      offset: offset + i,
      timestamp: 1000 + i,
      key: null,
      value: value === null ? null : Buffer.from(value),
      headers: {},
    }),
  );
  return { topic: 'letters', partition, records, highWatermark: offset + values.length, epoch };
}

/** Lets everything that is ready run. */
const settle = () => vi.advanceTimersByTimeAsync(0);

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  promise.then(
    () => (pending = false),
    () => (pending = false),
  );
  await settle();
  return pending;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('batches', () => {
  test('batches of several partitions become one insert; offsets are committed when it is done', async () => {
    const { writer, inserts, commits } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 10, ['a', 'b']));
    await writer.onBatch(batch(1, 5, ['c']));
    expect(inserts).toEqual([]);
    await writer.onBatch(batch(0, 12, ['d']));
    expect(inserts.map(({ rows }) => rows)).toEqual(['abcd']);
    await settle();
    expect(commits).toEqual([]);
    inserts[0].done();
    await settle();
    expect(commits).toEqual([
      { topic: 'letters', partition: 0, offset: 13, epoch: 1 },
      { topic: 'letters', partition: 1, offset: 6, epoch: 1 },
    ]);
  });

  test('fewer rows are stored after flushMs', async () => {
    const { writer, inserts } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['a']));
    await vi.advanceTimersByTimeAsync(99);
    expect(inserts.length).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(inserts.map(({ rows }) => rows)).toEqual(['a']);
  });

  test('rows that come fast wait four times as long, unless the batch is full before', async () => {
    const { writer, inserts } = setup({ batchRows: 20_000 });
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['a'.repeat(5_000)]));
    await vi.advanceTimersByTimeAsync(399);
    expect(inserts.length).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(inserts.map(({ rows }) => rows.length)).toEqual([5_000]);
    inserts[0].done();
    await settle();
    await writer.onBatch(batch(0, 1, ['b'.repeat(5_000)]));
    await vi.advanceTimersByTimeAsync(150);
    expect(inserts.length).toBe(1);
    await writer.onBatch(batch(0, 2, ['c'.repeat(15_000)]));
    expect(inserts.length).toBe(2);
  });

  test('later rows do not put off the earlier ones', async () => {
    const { writer, inserts } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['a']));
    await vi.advanceTimersByTimeAsync(60);
    await writer.onBatch(batch(0, 1, ['b']));
    await vi.advanceTimersByTimeAsync(40);
    expect(inserts.map(({ rows }) => rows)).toEqual(['ab']);
  });

  test('a batch is also due at its bytes', async () => {
    const { writer, inserts } = setup({ batchRows: 1000, batchBytes: 9 });
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['aa', 'bb', 'c']));
    expect(inserts.map(({ rows }) => rows)).toEqual(['aabb']);
  });

  test('ticks are no insert, and their offsets are committed seldom', async () => {
    const { writer, inserts, commits } = setup();
    await writer.onAssigned([], 1);
    for (let tick = 0; tick < 5; tick++) await writer.onBatch(batch(0, tick, ['']));
    await vi.advanceTimersByTimeAsync(999);
    expect(commits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(commits).toEqual([{ topic: 'letters', partition: 0, offset: 5, epoch: 1 }]);
    expect(inserts).toEqual([]);
  });

  test('rows that come during an insert follow it at once when they are overdue', async () => {
    const { writer, inserts } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    await writer.onBatch(batch(0, 1, ['e']));
    await vi.advanceTimersByTimeAsync(500);
    expect(inserts.length).toBe(1);
    inserts[0].done();
    await settle();
    expect(inserts.map(({ rows }) => rows)).toEqual(['abcd', 'e']);
  });
});

describe('back-pressure', () => {
  test('with one buffer being stored and the next one full, the fetch waits', async () => {
    const { writer, inserts, commits } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    await writer.onBatch(batch(0, 1, ['efg']));
    const waiting = writer.onBatch(batch(0, 2, ['h', 'i']));
    const other = writer.onBatch(batch(1, 0, ['j']));
    expect(await isPending(waiting)).toBe(true);
    expect(await isPending(other)).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(inserts.length).toBe(1);
    inserts[0].done();
    expect(await isPending(waiting)).toBe(false);
    expect(await isPending(other)).toBe(false);
    expect(inserts.map(({ rows }) => rows)).toEqual(['abcd', 'efgh']);
    inserts[1].done();
    await vi.advanceTimersByTimeAsync(100);
    expect(inserts.map(({ rows }) => rows).slice(2)).toEqual(['ij']);
    inserts[2].done();
    await settle();
    expect(commits.map(({ partition, offset }) => `${partition}-${offset}`)).toEqual([
      '0-1',
      '0-3',
      '0-4',
      '1-1',
    ]);
  });
});

describe('while the database is away', () => {
  test('an insert is tried for ever, nothing is committed, nothing more is read', async () => {
    // The pauses between attempts are not vitest's to fake.
    vi.useRealTimers();
    const { writer, inserts, commits, log } = setup({ retry: { firstMs: 1, maxMs: 1, random: () => 0 } });
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    await writer.onBatch(batch(0, 1, ['efg']));
    let waits = true;
    const waiting = writer.onBatch(batch(0, 2, ['h', 'i'])).then(() => (waits = false));
    for (let i = 0; i < 50; i++) {
      inserts[i].fail(away());
      await vi.waitFor(() => expect(inserts.length).toBe(i + 2), { interval: 1 });
    }
    expect(new Set(inserts.map(({ rows }) => rows))).toEqual(new Set(['abcd']));
    expect(writer.trouble).toBe('no answer');
    expect(log.filter((line) => line.startsWith('retry')).length).toBe(50);
    expect(commits).toEqual([]);
    expect(waits).toBe(true);
    inserts[50].done();
    await waiting;
    expect(writer.trouble).toBeUndefined();
    expect(commits.map(({ offset }) => offset)).toEqual([1]);
  });

  test('a new assignment gives up the old rows and commits nothing of them', async () => {
    const { writer, inserts, commits, kafka } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    await writer.onBatch(batch(0, 1, ['e']));
    inserts[0].fail(away());
    await settle();
    kafka.epoch = 2;
    await writer.onAssigned([], 2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(inserts.length).toBe(1);
    await writer.onBatch(batch(0, 0, ['abcd'], 2));
    inserts[1].done();
    await settle();
    expect(commits).toEqual([{ topic: 'letters', partition: 0, offset: 1, epoch: 2 }]);
  });

  test('rows that became due while a new assignment waited for the insert before are given up, too', async () => {
    const { writer, inserts, commits, kafka } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    await writer.onBatch(batch(0, 1, ['efgh']));
    kafka.epoch = 2;
    const assigned = writer.onAssigned([], 2);
    inserts[0].done();
    await settle();
    // The second insert has begun meanwhile; it fails when the new assignment might already be at work.
    inserts[1]?.fail(away());
    await assigned;
    await settle();
    const before = inserts.length;
    await writer.onBatch(batch(0, 1, ['efgh'], 2));
    expect(inserts.slice(before).map(({ rows }) => rows)).toEqual(['efgh']);
    inserts[before].done();
    await settle();
    expect(commits).toEqual([{ topic: 'letters', partition: 0, offset: 2, epoch: 2 }]);
  });

  test('a batch of an old epoch is ignored', async () => {
    const { writer, inserts } = setup();
    await writer.onAssigned([], 2);
    await writer.onBatch(batch(0, 0, ['abcd'], 1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(inserts).toEqual([]);
  });
});

describe('bad records', () => {
  test('what cannot be decoded becomes a dead letter before its offset is committed', async () => {
    const { writer, sent, commits, log } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(3, 7, ['?', null]));
    expect(commits).toEqual([]);
    expect(sent).toEqual([
      {
        key: 'letters-3',
        value: Buffer.from('?'),
        headers: {
          reason: 'a question',
          step: 'decode',
          topic: 'letters',
          partition: '3',
          offset: '7',
          ts: '1000',
        },
      },
      expect.objectContaining({ value: null, headers: expect.objectContaining({ offset: '8', ts: '1001' }) }),
    ]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(commits.map(({ offset }) => offset)).toEqual([9]);
    expect(log).toContain('decode 7: a question');
  });

  test('when the dead letter cannot be produced the consumer stops and nothing is committed', async () => {
    const { writer, commits, kafka } = setup();
    kafka.produceError = new Error('no broker');
    await writer.onAssigned([], 1);
    await expect(writer.onBatch(batch(0, 0, ['a', '?']))).rejects.toThrow('no broker');
    await vi.advanceTimersByTimeAsync(1000);
    expect(commits.every(({ offset }) => offset <= 1)).toBe(true);
  });

  test('records that the database refuses are found among the others, which are stored', async () => {
    const stored: string[] = [];
    const { writer, sent, commits } = setup({
      batchRows: 8,
      tables: [
        {
          table: 'letters',
          insert: async (rows) => {
            const text = Buffer.from(rows)
              .filter((byte) => byte !== 1)
              .toString();
            if (/[cg]/.test(text)) throw refused();
            stored.push(text);
          },
        },
      ],
    });
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']));
    await settle();
    expect(stored.join('')).toBe('abdefh');
    expect(sent.map(({ value }) => Buffer.from(value as Buffer).toString())).toEqual(['c', 'g']);
    expect(sent[0].headers).toMatchObject({ step: 'insert', reason: 'cannot parse', offset: '2' });
    expect(commits.map(({ offset }) => offset)).toEqual([8]);
  });

  test('of batches whose bytes are written over meanwhile, the records that are refused are read again', async () => {
    const stored: string[] = [];
    const gate = Promise.withResolvers<void>();
    const { writer, sent, commits } = setup({
      batchRows: 8,
      tables: [
        {
          table: 'letters',
          insert: async (rows) => {
            const text = Buffer.from(rows)
              .filter((byte) => byte !== 1)
              .toString();
            await gate.promise;
            if (/[cg]/.test(text)) throw refused();
            stored.push(text);
          },
        },
      ],
    });
    let readings = 0;
    const handle = async (given: Batch) => {
      const { records } = structuredClone(given);
      const again = () => {
        readings++;
        return records.map((record) => ({ ...record, value: record.value && Buffer.from(record.value) }));
      };
      await writer.onBatch({ ...given, again });
      for (const { value } of given.records) value?.fill('!');
    };
    await writer.onAssigned([], 1);
    await handle(batch(0, 0, ['a', '', 'b', 'c']));
    await handle(batch(1, 4, ['d', 'e']));
    await handle(batch(0, 4, ['f', 'g', 'h']));
    gate.resolve();
    await settle();
    expect(stored.join('')).toBe('abdefh');
    expect(sent.map(({ value }) => Buffer.from(value as Buffer).toString())).toEqual(['c', 'g']);
    expect(sent[1].headers).toMatchObject({ step: 'insert', partition: '0', offset: '5' });
    expect(commits.map(({ partition, offset }) => `${partition}-${offset}`)).toEqual(['0-7', '1-6']);
    expect(readings).toBe(3);
  });

  test('a missing table is nobody’s bad record: it stops the process, nothing is put aside or committed', async () => {
    const { writer, inserts, sent, commits, fatal } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    inserts[0].fail(new ClickHouseError('unknown table', 60, false));
    await settle();
    expect(fatal).toEqual([expect.objectContaining({ message: 'unknown table' })]);
    await expect(writer.onBatch(batch(0, 1, ['e']))).rejects.toThrow('unknown table');
    expect([sent, commits]).toEqual([[], []]);
  });

  test('too many bad ones stop the consumer before the topic has drained into the dead letters', async () => {
    const limit = new DeadLetterLimit({ window: 100, atLeast: 10, share: 0.2 });
    const { writer, sent } = setup({ limit });
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, Array(20).fill('')));
    await expect(writer.onBatch(batch(0, 20, Array(30).fill('?')))).rejects.toThrow(
      /letters: 6 of the last 26 records could not be processed, .* at 0-25: a question/,
    );
    expect(sent.length).toBe(5);
  });
});

describe('stopping', () => {
  test('drain stores and commits what has been read, and takes nothing more', async () => {
    const { writer, inserts, commits } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['a']));
    const drained = writer.drain();
    await writer.onBatch(batch(0, 1, ['b']));
    await settle();
    inserts[0].done();
    await drained;
    expect(inserts.map(({ rows }) => rows)).toEqual(['a']);
    expect(commits.map(({ offset }) => offset)).toEqual([1]);
  });

  test('with the database away drain gives up, and commits nothing behind what it gave up', async () => {
    const { writer, inserts, commits } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    await writer.onBatch(batch(0, 1, ['efg']));
    const waiting = writer.onBatch(batch(0, 2, ['h', 'i']));
    inserts[0].fail(away());
    await settle();
    await writer.drain();
    await waiting;
    expect(inserts.length).toBe(1);
    expect(commits).toEqual([]);
  });
});

test('positions whose commit failed go with the next commit', async () => {
  const { writer, inserts, commits, kafka, log } = setup();
  await writer.onAssigned([], 1);
  kafka.commitError = new Error('no coordinator');
  await writer.onBatch(batch(0, 0, ['abcd']));
  inserts[0].done();
  await settle();
  expect(log).toContain('uncommitted Error: no coordinator');
  kafka.commitError = undefined;
  await writer.onBatch(batch(1, 0, ['efgh']));
  inserts[1].done();
  await settle();
  expect(commits.map(({ partition, offset }) => `${partition}-${offset}`)).toEqual(['0-1', '1-1']);
});

test('without anything new a failed commit is tried again by itself', async () => {
  const { writer, inserts, commits, kafka } = setup();
  await writer.onAssigned([], 1);
  kafka.commitError = new Error('no coordinator');
  await writer.onBatch(batch(0, 0, ['abcd']));
  inserts[0].done();
  await settle();
  kafka.commitError = undefined;
  await vi.advanceTimersByTimeAsync(1000);
  expect(commits.map(({ offset }) => offset)).toEqual([1]);
});

describe('one topic, several tables', () => {
  /** Capitals into the first table, small letters into the second; `?` cannot be decoded. */
  const both: TablesProjection = {
    name: 'both',
    topic: 'spans',
    tables: [
      { table: 'capitals', columns: ['Letter'] },
      { table: 'smalls', columns: ['Letter'] },
    ],
    append([capitals, smalls]: readonly RowBuffer[], value) {
      const text = Buffer.from(value).toString();
      if (text.includes('?')) return { ok: false, reason: 'a question' };
      const isCapital = (letter: string) => letter < 'a';
      for (const letter of text) (isCapital(letter) ? capitals : smalls).text(letter);
      const first = [...text].filter(isCapital).length;
      return { ok: true, rows: [first, text.length - first] };
    },
  };

  function setupBoth({ refuse = /$^/, batchRows = 4 } = {}) {
    const calls: { table: string; rows: string; done: () => void; fail: (error: unknown) => void }[] = [];
    const insertInto = (table: string) => (rows: Uint8Array) =>
      new Promise<void>((done, fail) => {
        const text = Buffer.from(rows)
          .filter((byte) => byte !== 1)
          .toString();
        if (refuse.test(text)) fail(refused());
        else calls.push({ table, rows: text, done, fail });
      });
    const tables = ['capitals', 'smalls'].map((table) => ({ table, insert: insertInto(table) }));
    return { ...setup({ projection: both, tables, batchRows }), calls };
  }

  test('offsets are committed when the rows of the last table are stored, not before', async () => {
    const { writer, calls, commits } = setupBoth();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['aB', 'cD']));
    expect(calls.map(({ table, rows }) => [table, rows])).toEqual([['capitals', 'BD']]);
    calls[0].done();
    await settle();
    expect(calls.map(({ table, rows }) => [table, rows])).toEqual([
      ['capitals', 'BD'],
      ['smalls', 'ac'],
    ]);
    expect(commits).toEqual([]);
    calls[1].done();
    await settle();
    expect(commits).toEqual([{ topic: 'letters', partition: 0, offset: 2, epoch: 1 }]);
  });

  test('a table that nothing is for gets no insert', async () => {
    const { writer, calls, commits } = setupBoth();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    expect(calls.map(({ table }) => table)).toEqual(['smalls']);
    calls[0].done();
    await settle();
    expect(commits.map(({ offset }) => offset)).toEqual([1]);
  });

  test('the second table away: the first is not stored again meanwhile, nothing is committed', async () => {
    const { writer, calls, commits, log } = setupBoth();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['aBcD']));
    calls[0].done();
    await settle();
    calls[1].fail(away());
    await vi.waitFor(() => expect(calls.length).toBe(3), { interval: 1 });
    expect(calls.map(({ table }) => table)).toEqual(['capitals', 'smalls', 'smalls']);
    expect([commits, writer.trouble]).toEqual([[], 'no answer']);
    calls[2].done();
    await settle();
    expect(commits.map(({ offset }) => offset)).toEqual([1]);
    expect([log, writer.trouble]).toEqual([['read 1', 'stored 2', 'retry 1', 'stored 2'], undefined]);
  });

  test('an assignment that comes between the tables: nothing is committed, everything is read again', async () => {
    const { writer, calls, commits, kafka } = setupBoth();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['aBcD']));
    calls[0].done();
    await settle();
    kafka.epoch = 2;
    const assigned = writer.onAssigned([], 2);
    calls[1].fail(away());
    await assigned;
    await writer.onBatch(batch(0, 0, ['aBcD'], 2));
    expect(calls.map(({ table }) => table)).toEqual(['capitals', 'smalls', 'capitals']);
    calls[2].done();
    await settle();
    calls[3].done();
    await settle();
    expect(commits).toEqual([{ topic: 'letters', partition: 0, offset: 1, epoch: 2 }]);
  });

  test('a record that both tables refuse is one dead letter; its neighbours are stored in both', async () => {
    const { writer, calls, sent } = setupBoth({ refuse: /x/i, batchRows: 6 });
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['aB', 'xX', 'cD']));
    for (const call of [0, 1, 2, 3]) {
      await settle();
      calls[call].done();
    }
    await settle();
    expect(calls.map(({ rows }) => rows)).toEqual(['B', 'D', 'a', 'c']);
    expect(sent.map(({ value }) => Buffer.from(value as Buffer).toString())).toEqual(['xX']);
  });
});

describe('a database that accepts and never answers', () => {
  test('a new assignment waits a moment for it and reads again; no record is at fault', async () => {
    const { writer, inserts, commits, sent, kafka } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    kafka.epoch = 2;
    const assigned = writer.onAssigned([], 2);
    expect(await isPending(assigned)).toBe(true);
    await vi.advanceTimersByTimeAsync(3_000);
    await assigned;
    await writer.onBatch(batch(0, 0, ['abcd'], 2));
    inserts[1].done();
    await settle();
    expect(inserts.map(({ rows }) => rows)).toEqual(['abcd', 'abcd']);
    expect(commits).toEqual([{ topic: 'letters', partition: 0, offset: 1, epoch: 2 }]);
    expect(sent).toEqual([]);
  });

  test('drain ends within two moments, and nothing is committed', async () => {
    const { writer, inserts, commits, sent } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['ab']));
    const drained = writer.drain();
    await vi.advanceTimersByTimeAsync(6_000);
    await drained;
    expect(inserts.map(({ rows }) => rows)).toEqual(['ab']);
    expect([commits, sent]).toEqual([[], []]);
  });

  test('one that answers within the moment is stored and committed', async () => {
    const { writer, inserts, commits } = setup();
    await writer.onAssigned([], 1);
    await writer.onBatch(batch(0, 0, ['abcd']));
    const drained = writer.drain();
    await vi.advanceTimersByTimeAsync(2_000);
    inserts[0].done();
    await drained;
    expect(commits.map(({ offset }) => offset)).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
