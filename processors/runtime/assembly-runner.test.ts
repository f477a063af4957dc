import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { Kafka, KafkaRecord, OutgoingRecord, Producer } from '#infra/kafka/port.ts';
import { metrics } from '#infra/metrics.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { Analyse } from '../assembly/partition-processor.ts';
import type { Stage1Result, Stage1Task } from '../assembly/protocol.ts';
import { ASSEMBLY_DEFAULTS } from '../assembly/settings.ts';
import { Stage1 } from '../assembly/stage1.ts';
import { fakeAnalyse } from '../testing/fake-analysis.ts';
import { spanRecord, testTraceId } from '../testing/span-log.ts';
import { AssemblyRunner } from './assembly-runner.ts';
import { ByteBudget } from './byte-budget.ts';
import { Committer } from './committer.ts';
import { DeadLetterBox } from './dead-letters.ts';
import { topicsOf } from './topics.ts';

const topics = topicsOf('');
const log = pino({ level: 'silent' });

/** Stage 1 without a broker or threads: one partition whose log is an array. */
async function run(
  records: readonly Uint8Array[],
  analyse: Analyse,
  batch = 2,
  around: (task: Stage1Task, stage1: Stage1) => Stage1Result | undefined = (task, stage1) => stage1.run(task),
) {
  const written = new Map<string, OutgoingRecord[]>();
  const logOf = (values: readonly (Uint8Array | null)[]): KafkaRecord[] =>
    values.map((value, offset) => ({
      partition: 0,
      offset,
      timestamp: 0,
      key: null,
      value: value === null ? null : Buffer.from(value),
      headers: {},
    }));
  const producer: Producer = {
    async send(topic, sent) {
      const held = written.get(topic) ?? [];
      // What has been sent is the caller's again: the bytes are copied, as a broker does.
      const copies = sent.map((each) => ({
        ...each,
        key: each.key && Buffer.from(each.key as Uint8Array),
        value: each.value && Buffer.from(each.value),
      }));
      written.set(topic, [...held, ...copies]);
      return [{ partition: 0, baseOffset: held.length }];
    },
    close: async () => {},
  };
  const kafka = {
    async *read(topic: string, _partition: number, from: number, to = Infinity) {
      const values = topic === topics.spans ? records : (written.get(topic) ?? []).map((r) => r.value);
      yield* logOf(values).slice(from, to);
    },
  } as unknown as Kafka;
  const stage1 = new Stage1(ASSEMBLY_DEFAULTS, analyse);
  const commits: { offset: number; metadata?: string }[] = [];
  const committer = new Committer(log);
  const done = committer.done.bind(committer);
  committer.done = (commit, epoch) => {
    commits.push(commit);
    done(commit, epoch);
  };
  const runner = new AssemblyRunner({
    kafka,
    producer,
    pool: { run: async (task: Stage1Task) => around(task, stage1), close: async () => {} },
    committer,
    deadLetters: new DeadLetterBox(producer, topics.deadLetters, topics.spans),
    budget: new ByteBudget(1000),
    topics,
    hardCapMs: ASSEMBLY_DEFAULTS.hardCapMs,
    log,
  });
  await runner.onAssigned([{ topic: topics.spans, partition: 0, offset: 0, metadata: '' }], 1);
  for (let from = 0; from < records.length; from += batch)
    await runner.onBatch({
      topic: topics.spans,
      partition: 0,
      records: logOf(records).slice(from, from + batch),
      highWatermark: records.length,
      epoch: 1,
    });
  const summaries = (written.get(topics.traces) ?? []).map(({ value }) => {
    const decoded = decodeAs('TraceSummary', value!);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.value;
  });
  return { written, summaries, commits, deadLetters: written.get(topics.deadLetters) ?? [] };
}

const T = 1_000_000;
const records = [
  spanRecord(T, [{ trace: 1, span: 1 }]),
  spanRecord(T + 10, [{ trace: 2, span: 1 }]),
  spanRecord(T + 20, [{ trace: 3, span: 1 }]),
  spanRecord(T + 6_015, []),
  spanRecord(T + 7_000, [{ trace: 4, span: 1 }]),
  spanRecord(T + 20_000, []),
];

it('a trace whose analysis throws is tried three times, then told of without; the others go on as without it', async () => {
  let thrown = 0;
  const faulty: Analyse = (tenant, traceId, columns) => {
    if (traceId === testTraceId(2)) {
      thrown++;
      throw new Error('a bug');
    }
    return fakeAnalyse(tenant, traceId, columns);
  };
  for (const batch of [1, 2, 6]) {
    thrown = 0;
    const { summaries, deadLetters, commits } = await run(records, faulty, batch);
    expect(thrown).toBe(3);
    expect(summaries.map((s) => Number.parseInt(s.traceId, 16))).toEqual([1, 2, 3, 4]);
    expect(summaries.map((s) => s.rootSpanId === '')).toEqual([false, true, false, false]);
    expect(summaries.map((s) => s.spanCount)).toEqual([1, 1, 1, 1]);
    expect(deadLetters.map((letter) => letter.headers)).toMatchObject([
      { reason: 'bug', step: 'analyse', offset: '3', traceId: testTraceId(2), tenant: 'default' },
    ]);
    expect(JSON.parse(commits.at(-1)?.metadata ?? '')).toMatchObject({ done: 6 });
  }
});

it('counts what it reads', async () => {
  const counted = async () =>
    (await metrics.recordsConsumed.get()).values.find(({ labels }) => labels.topic === topics.spans)?.value ??
    0;
  const before = await counted();
  await run(records, fakeAnalyse);
  expect((await counted()) - before).toBe(records.length);
});

it('an error that passes by itself leaves nothing behind', async () => {
  let first = true;
  const once: Analyse = (tenant, traceId, columns) => {
    if (traceId === testTraceId(2) && first) {
      first = false;
      throw new Error('a cosmic ray');
    }
    return fakeAnalyse(tenant, traceId, columns);
  };
  const { written, deadLetters } = await run(records, once);
  const undisturbed = await run(records, fakeAnalyse);
  expect(deadLetters).toEqual([]);
  expect(written).toEqual(undisturbed.written);
});

it('commits nothing that is not done, and the floor of what is open', async () => {
  const { commits } = await run(records, fakeAnalyse, 1);
  expect(commits.map((commit) => commit.offset)).toEqual([0, 0, 0, 0, 0, 4]);
  expect(commits.map((commit) => JSON.parse(commit.metadata ?? '').done)).toEqual([1, 2, 3, 4, 5, 6]);
});

it('a worker that has lost its partition stops the consumer: its records are not passed over in silence', async () => {
  let tasks = 0;
  const forgetful = (task: Stage1Task, stage1: Stage1) => {
    // A thread that died is replaced by one that knows of no partition.
    if (task.type === 'records' && ++tasks > 1) return new Stage1(ASSEMBLY_DEFAULTS, fakeAnalyse).run(task);
    return stage1.run(task);
  };
  await expect(run(records, fakeAnalyse, 2, forgetful)).rejects.toThrow(
    'the worker of ati.spans partition 0 has lost its state',
  );
});
