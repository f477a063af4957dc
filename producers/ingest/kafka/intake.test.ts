import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type {
  Batch,
  Consumer,
  ConsumerOptions,
  KafkaRecord,
  OffsetCommit,
  OutgoingRecord,
} from '#infra/kafka/port.ts';
import { silent } from '#infra/kafka/testing.ts';
import { until } from '#infra/testing/until.ts';
import type { Outcome } from '../batcher.ts';
import { ByteBudget, Reservation } from '../budget.ts';
import { malformed, ok, refused } from '../refusal.ts';
import type { SplitRequest } from '../split-request.ts';
import type { SignalDoor } from './door.ts';
import { KafkaIntake } from './intake.ts';

const TOPIC = 'otlp_spans';
const MIB = 1 << 20;

/** A group, a log and a door that do what the test says, and remember what they were asked, in order. */
function setup({ budget = new ByteBudget(64 * MIB, 32 * MIB), maxBodyBytes = 8 * MIB } = {}) {
  const events: string[] = [];
  const letters: OutgoingRecord[] = [];
  const commits: OffsetCommit[] = [];
  const appends: { readonly values: string[]; settle(outcome: Outcome): void }[] = [];
  const done = Promise.withResolvers<void>();
  const kafka = { produceError: undefined as Error | undefined, commitError: undefined as Error | undefined };
  const consumer: Consumer = {
    done: done.promise,
    assigned: true,
    commit: async ([offset]) => {
      if (kafka.commitError !== undefined) throw kafka.commitError;
      events.push(`commit ${offset.offset}`);
      commits.push(offset);
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    close: async () => {
      events.push('leave');
      done.resolve();
    },
  };
  const joined = vi.fn(async (_options: ConsumerOptions) => consumer);
  const signal: SignalDoor = {
    signal: 'traces',
    topics: [TOPIC],
    split(otlp) {
      if (otlp.includes('?')) return refused(malformed('not OTLP'));
      const parts = [{ partition: 0, spanCount: 1, otlp }];
      return ok({
        parts,
        accepted: 1,
        rejected: 0,
        rejectedReason: '',
        dropped: {},
      } as unknown as SplitRequest);
    },
    append(parts) {
      const values = parts.map(({ otlp }) => Buffer.from(otlp).toString('latin1'));
      const outcome = Promise.withResolvers<Outcome>();
      events.push(`append ${values.length}`);
      appends.push({ values, settle: outcome.resolve });
      return { outcome: outcome.promise, settled: outcome.promise.then(() => undefined) };
    },
  };
  const intake = new KafkaIntake({
    kafka: {
      consume: joined,
      offsets: async () => [],
      ensureTopics: async () => undefined,
      committed: async () => [],
      async *read() {},
    },
    producer: {
      send: async (_topic, records) => {
        if (kafka.produceError !== undefined) throw kafka.produceError;
        events.push(`letters ${records.length}`);
        letters.push(...records);
        return [];
      },
    },
    groupId: 'ati-ingest-otlp',
    deadLetters: 'ati.dead-letters',
    door: { budget, maxBodyBytes },
    signals: [signal],
    partitions: 4,
    log: silent,
    retryMs: 1,
  });
  intakes.push({ intake, appends });
  const isJoined = until('joined', () => joined.mock.calls.length > 0);
  return { intake, events, letters, commits, appends, kafka, joined, isJoined, budget, done };
}

const intakes: { intake: KafkaIntake; appends: { settle(outcome: Outcome): void }[] }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const { intake, appends } of intakes.splice(0)) {
    for (const append of appends) append.settle({ ok: true });
    await intake.close();
  }
});

function batch(...values: (string | Buffer | null)[]): Batch {
  const records = values.map(
    (value, offset): KafkaRecord => ({
      partition: 0,
      offset: offset + 10,
      timestamp: 5,
      key: null,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: {},
    }),
  );
  return { topic: TOPIC, partition: 0, records, highWatermark: 10 + values.length, epoch: 1 };
}

describe('the order of things', () => {
  test('joins the group with every topic, from the start of the log', async () => {
    const { joined, isJoined, intake } = setup();
    await isJoined;
    expect(joined.mock.calls[0][0]).toMatchObject({
      groupId: 'ati-ingest-otlp',
      topics: [TOPIC],
      startAt: 'earliest',
      handler: intake,
    });
  });

  test('commits only after the log has acknowledged', async () => {
    const { intake, events, appends, isJoined } = setup();
    await isJoined;
    const handled = intake.onBatch(batch('a', 'b'));
    await until('appended', () => appends.length === 1);
    expect(events).toEqual(['append 2']);
    appends[0].settle({ ok: true });
    await handled;
    expect(events).toEqual(['append 2', 'commit 12']);
  });

  test('a log that does not acknowledge is tried again with the same parts; nothing is committed meanwhile', async () => {
    const { intake, commits, appends, isJoined } = setup();
    await isJoined;
    const handled = intake.onBatch(batch('a'));
    await until('appended', () => appends.length === 1);
    appends[0].settle({ ok: false, error: new Error('no broker answers') });
    await until('appended again', () => appends.length === 2);
    expect(appends[1].values).toEqual(appends[0].values);
    expect(intake.reason).toBe('cannot write what is on otlp_spans: no broker answers');
    expect(commits).toEqual([]);
    appends[1].settle({ ok: true });
    await handled;
    expect(commits).toEqual([{ topic: TOPIC, partition: 0, offset: 11 }]);
    expect(intake.reason).toBeUndefined();
  });

  test('a stop during an outage gives up without a commit, and leaves the group', async () => {
    const { intake, commits, events, appends, isJoined } = setup();
    await isJoined;
    const handled = intake.onBatch(batch('a'));
    await until('appended', () => appends.length === 1);
    const closed = intake.close();
    appends[0].settle({ ok: false, error: new Error('away') });
    await handled;
    await closed;
    expect(commits).toEqual([]);
    expect(events).toEqual(['append 1', 'leave']);
  });

  test('a stop between two chunks commits the first and does not begin the second', async () => {
    const { intake, events, appends, isJoined, budget } = setup();
    await isJoined;
    const handled = intake.onBatch(batch(Buffer.alloc(600_000), Buffer.alloc(600_000)));
    await until('appended', () => appends.length === 1);
    const closed = intake.close();
    appends[0].settle({ ok: true });
    await handled;
    await closed;
    expect(events.filter((event) => event !== 'leave')).toEqual(['append 1', 'commit 11']);
    expect(budget.inFlight).toBe(0);
  });

  test('what comes behind records that a stop has given up is not taken', async () => {
    const { intake, commits, appends, isJoined } = setup();
    await isJoined;
    const first = intake.onBatch(batch('a'));
    await until('appended', () => appends.length === 1);
    const closed = intake.close();
    appends[0].settle({ ok: false, error: new Error('away') });
    await first;
    await intake.onBatch(batch('b'));
    await closed;
    expect(appends).toHaveLength(1);
    expect(commits).toEqual([]);
  });

  test('a commit that fails does not stop the intake', async () => {
    const { intake, appends, kafka, events, isJoined } = setup();
    await isJoined;
    kafka.commitError = new Error('coordinator is away');
    const first = intake.onBatch(batch('a'));
    await until('appended', () => appends.length === 1);
    appends[0].settle({ ok: true });
    await first;
    expect(intake.reason).toBeUndefined();
    expect(events).toEqual(['append 1']);
  });
});

describe('what cannot be read', () => {
  test('is a dead letter without its content, written before the commit', async () => {
    const { intake, letters, events, appends, isJoined } = setup();
    await isJoined;
    const handled = intake.onBatch(batch('a', 'canary?'));
    await until('appended', () => appends.length === 1);
    appends[0].settle({ ok: true });
    await handled;
    expect(events).toEqual(['append 1', 'letters 1', 'commit 12']);
    expect(letters[0]).toMatchObject({
      key: 'otlp_spans-0',
      value: null,
      headers: {
        reason: 'not OTLP',
        step: 'split',
        topic: TOPIC,
        partition: '0',
        offset: '11',
        bytes: '7',
        sha256: createHash('sha256').update('canary?').digest('hex'),
      },
    });
    expect(JSON.stringify(letters)).not.toContain('canary');
  });

  test('a dead letter that cannot be written is tried again, and nothing is committed', async () => {
    const { intake, events, appends, kafka, isJoined } = setup();
    await isJoined;
    kafka.produceError = new Error('no broker answers');
    const handled = intake.onBatch(batch('?'));
    await until('appended', () => appends.length === 1);
    appends[0].settle({ ok: true });
    await until('the reason', () => intake.reason?.includes('the dead letters of otlp_spans'));
    expect(events).toEqual(['append 0']);
    kafka.produceError = undefined;
    await handled;
    expect(events).toEqual(['append 0', 'letters 1', 'commit 11']);
  });

  test('too many of them end it before the topic drains: those that were put aside are committed', async () => {
    const { intake, letters, commits, appends, isJoined } = setup();
    await isJoined;
    const values = Array.from({ length: 500 }, () => '?');
    const handled = intake.onBatch(batch(...values));
    await until('appended', () => appends.length === 1);
    appends[0].settle({ ok: true });
    await expect(handled).rejects.toThrow(
      'otlp_spans: 100 of the last 100 records could not be processed, so it is no matter of single records ' +
        '(the last one, at 0-109: not OTLP). Stopped before the topic drains into ati.dead-letters',
    );
    expect(letters).toHaveLength(99);
    expect(commits.map(({ offset }) => offset)).toEqual([109]);
  });

  test('a consumer that has stopped is a reason not to be ready', async () => {
    const { intake, done, isJoined } = setup();
    await isJoined;
    done.reject(new Error('Snappy compression not implemented'));
    await until('the reason', () => intake.reason);
    expect(intake.reason).toBe('nothing is taken from Kafka any more: Snappy compression not implemented');
  });
});

describe('back-pressure', () => {
  test('a batch goes through in chunks, each after the one before', async () => {
    const { intake, events, appends, budget, isJoined } = setup();
    await isJoined;
    const handled = intake.onBatch(batch(...Array.from({ length: 3 }, () => Buffer.alloc(600_000))));
    for (let i = 0; i < 3; i++) {
      await until('the next chunk', () => appends.length === i + 1);
      expect(budget.inFlight).toBe(600_000);
      appends[i].settle({ ok: true });
    }
    await handled;
    expect(budget.inFlight).toBe(0);
    expect(events).toEqual(['append 1', 'commit 11', 'append 1', 'commit 12', 'append 1', 'commit 13']);
  });

  test('waits for room that others hold', async () => {
    const budget = new ByteBudget(100, 100);
    const other = budget.reservation('somebody');
    other.resize(95);
    const asked = vi.spyOn(Reservation.prototype, 'resize');
    const { intake, appends, isJoined } = setup({ budget, maxBodyBytes: 50 });
    await isJoined;
    const handled = intake.onBatch(batch('0123456789'));
    await until('asked twice', () => asked.mock.results.filter(({ value }) => value).length === 2);
    expect(appends).toHaveLength(0);
    other.release();
    await until('appended', () => appends.length === 1);
    appends[0].settle({ ok: true });
    await handled;
    expect(budget.inFlight).toBe(0);
  });

  test('a record that is larger than any request may be does not wait for room that never comes', async () => {
    const budget = new ByteBudget(100, 50);
    const { intake, letters, appends, isJoined } = setup({ budget, maxBodyBytes: 50 });
    await isJoined;
    const handled = intake.onBatch(batch(Buffer.alloc(1000)));
    await until('appended', () => appends.length === 1);
    appends[0].settle({ ok: true });
    await handled;
    expect(letters).toHaveLength(1);
  });
});
