import type {
  Assignment,
  Batch,
  ConsumerHandler,
  Kafka,
  KafkaRecord,
  OutgoingRecord,
  Producer,
} from '#infra/kafka/port.ts';
import { sendAll } from '#infra/kafka/send-all.ts';
import type { Logger } from '#infra/log.ts';
import { metrics, underBackPressure } from '#infra/metrics.ts';
import { summaryClock } from '#schemas/codec.ts';
import { bytesOf, unpackOutputs } from '../assembly/outputs.ts';
import type { Stage1Result } from '../assembly/protocol.ts';
import { type AssemblyLane, advanceLane, openLane, outputsTook, recordsTask } from './assembly-lane.ts';
import { reportStage1 } from './assembly-report.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Committer } from './committer.ts';
import type { DeadLetterBox, Refusal } from './dead-letters.ts';
import { RecycledBuffers } from './recycled.ts';
import type { ProcessorTopics } from './topics.ts';
import type { Stage1Runner } from './worker-pool.ts';

export interface AssemblyRunnerOptions {
  readonly kafka: Kafka;
  readonly producer: Producer;
  readonly pool: Stage1Runner;
  readonly committer: Committer;
  readonly deadLetters: DeadLetterBox;
  readonly budget: ByteBudget;
  readonly topics: ProcessorTopics;
  readonly hardCapMs: number;
  readonly log: Logger;
}

/** A record or a trace that throws this often is passed over. */
const ATTEMPTS = 3;
const REBUILD_RECORDS = 500;
/** Of buffers between two batches: what may be in flight by default, and as much again since sizes are rounded up. */
const KEPT_BYTES = 128 << 20;

/** Stage 1 on Kafka: batches to the workers, their outputs to the topics, and then, not before, the commit. */
export class AssemblyRunner implements ConsumerHandler {
  readonly #options: AssemblyRunnerOptions;
  readonly #lanes = new Map<number, AssemblyLane>();
  readonly #running = new Set<Promise<void>>();
  readonly #buffers = new RecycledBuffers(KEPT_BYTES);

  constructor(options: AssemblyRunnerOptions) {
    this.#options = options;
  }

  /** Partitions owned, and how far the clock of each has come. */
  *owned(): Iterable<readonly [number, number]> {
    for (const lane of this.#lanes.values()) yield [lane.partition, lane.clock];
  }

  async onAssigned(partitions: readonly Assignment[], epoch: number): Promise<void> {
    const { kafka, topics, pool, committer, hardCapMs, log } = this.#options;
    for (const { partition } of this.#lanes.values())
      metrics.openTraces.remove({ partition: String(partition) });
    this.#lanes.clear();
    committer.reset(epoch);
    await pool.run({ type: 'keep', epoch });
    await Promise.all(
      partitions.map(async ({ partition, offset, metadata }) => {
        const { lane, start } = await openLane(
          kafka,
          topics,
          partition,
          epoch,
          { offset, metadata },
          hardCapMs,
        );
        await pool.run({ type: 'assign', partition, epoch, start });
        this.#lanes.set(partition, lane);
        const { done, tombstones } = start;
        log.info({ partition, from: offset, done, tombstones: tombstones.length }, 'assembling traces');
      }),
    );
  }

  onBatch(batch: Batch): Promise<void> {
    const work = this.#handle(batch);
    this.#running.add(work);
    const end = () => this.#running.delete(work);
    work.then(end, end);
    return work;
  }

  /** Resolves when no batch is being handled. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Told of each commit, from which a rebuild would start. */
  committed(partition: number, offset: number, metadata: string): void {
    const lane = this.#lanes.get(partition);
    if (lane !== undefined) lane.committed = { offset, metadata };
  }

  async #handle(batch: Batch): Promise<void> {
    const lane = this.#lanes.get(batch.partition);
    if (lane === undefined || lane.epoch !== batch.epoch) return;
    metrics.recordsConsumed.inc({ topic: batch.topic }, batch.records.length);
    const bytes = batch.records.reduce((sum, record) => sum + (record.value?.length ?? 0), 0);
    await underBackPressure(batch.topic, this.#options.budget.take(bytes));
    try {
      let { records } = batch;
      while (records.length > 0) {
        const result = await this.#work(lane, records);
        await this.#produce(lane, result, records);
        if (result.bug === undefined) return;
        await this.#recover(lane, result);
        records = records.filter((record) => record.offset >= result.next);
      }
    } finally {
      this.#options.budget.give(bytes);
    }
  }

  async #work(lane: AssemblyLane, records: readonly KafkaRecord[]): Promise<Stage1Result> {
    const { pool, topics } = this.#options;
    const result = await pool.run(recordsTask(lane, records, this.#buffers));
    // No new assignment comes while a batch is in work, so the thread was replaced by one that knows of no partition.
    if (result === undefined)
      throw new Error(`the worker of ${topics.spans} partition ${lane.partition} has lost its state`);
    for (const buffer of result.spent) this.#buffers.give(buffer);
    outputsTook(lane, bytesOf(result.outputs));
    return result;
  }

  /** Outputs, dead letters, and only then the position that may be committed. */
  async #produce(lane: AssemblyLane, result: Stage1Result, records: readonly KafkaRecord[]): Promise<void> {
    const { producer, topics, deadLetters, committer, hardCapMs } = this.#options;
    const summaries: OutgoingRecord[] = [];
    const signals: OutgoingRecord[] = [];
    for (const output of unpackOutputs(result.outputs))
      (output.topic === 'traces' ? summaries : signals).push(output);
    const letters = lettersOf(lane, result, records);
    const fresh = records.filter((r) => r.offset >= lane.done && r.offset < result.next).length;
    const [acks] = await Promise.all([
      sendAll(producer, topics.traces, summaries),
      sendAll(producer, topics.signals, signals),
      deadLetters.put(letters, fresh, result.clock),
    ]);
    for (const { first, baseOffset } of acks) {
      const { value } = summaries[first];
      const clock = value === null ? undefined : summaryClock(value);
      if (clock !== undefined) lane.traces.add(clock, baseOffset);
    }
    // All of it is on the log. The replay of a rebuild comes by another way: its outputs are dropped.
    this.#buffers.give(result.outputs.bytes);
    const position = advanceLane(lane, result, hardCapMs);
    if (position !== undefined)
      committer.done({ topic: topics.spans, partition: lane.partition, ...position }, lane.epoch);
    reportStage1(topics.spans, lane, result);
  }

  /**
   * After a throw: the worker's state of this partition is gone. It is built again from the last commit up to where the
   * throw was; what throws the third time is passed over.
   */
  async #recover(lane: AssemblyLane, failed: Stage1Result): Promise<void> {
    const { kafka, topics, pool, hardCapMs, log } = this.#options;
    const until = failed.next;
    let thrown: Stage1Result | undefined = failed;
    while (thrown?.bug !== undefined) {
      const attempt = (lane.attempts.get(thrown.next) ?? 0) + 1;
      lane.attempts.set(thrown.next, attempt);
      const { message, stack, trace } = thrown.bug;
      const at = { partition: lane.partition, offset: thrown.next, attempt };
      log.error({ ...at, stack }, `a bug in stage 1: ${message}`);
      if (attempt >= ATTEMPTS) {
        lane.attempts.delete(thrown.next);
        if (trace !== undefined) lane.skipTraces.push(trace);
        else lane.skipOffsets.push(thrown.next);
      }
      const { partition, epoch, committed, skipOffsets, skipTraces } = lane;
      const opened = await openLane(kafka, topics, partition, epoch, committed, hardCapMs);
      const start = {
        ...opened.start,
        done: Math.max(lane.done, opened.start.done),
        skipOffsets,
        skipTraces,
      };
      await pool.run({ type: 'assign', partition, epoch, start });
      thrown = await this.#replay(lane, committed.offset, until);
    }
  }

  /** Feeds the worker what it has seen before; returns the result that threw, if one did. */
  async #replay(lane: AssemblyLane, from: number, until: number): Promise<Stage1Result | undefined> {
    const { kafka, topics } = this.#options;
    let chunk: KafkaRecord[] = [];
    const feed = async () => {
      const result = chunk.length === 0 ? undefined : await this.#work(lane, chunk);
      chunk = [];
      return result;
    };
    for await (const record of kafka.read(topics.spans, lane.partition, from, until)) {
      chunk.push(record);
      if (chunk.length < REBUILD_RECORDS) continue;
      const result = await feed();
      if (result?.bug !== undefined) return result;
    }
    const result = await feed();
    return result?.bug === undefined ? undefined : result;
  }
}

/** Dead letters of a result; those of a replay were put aside before. */
function lettersOf(lane: AssemblyLane, result: Stage1Result, records: readonly KafkaRecord[]): Refusal[] {
  const byOffset = new Map(records.map((record) => [record.offset, record]));
  return result.refused
    .filter(({ offset }) => offset >= lane.done)
    .map(({ offset, step, reason, trace }) => {
      const [tenant, traceId] = trace?.split('\0') ?? [];
      // A trace that was passed over is spread over many records: its id is what finds them.
      const record =
        trace === undefined ? byOffset.get(offset)! : { offset, partition: lane.partition, value: null };
      return { record, step, reason, ...(trace !== undefined && { details: { tenant, traceId } }) };
    });
}
