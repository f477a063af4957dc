/**
 * The door for Kafka: OTLP that a Collector's Kafka exporter wrote (`otlp_proto`), through the same splitter and
 * allowlist as a request over HTTP, onto ATI's topics. Offsets are committed after the log has acknowledged, so a crash
 * between the two sends records again: duplicates, which every reader of the log folds.
 */
import { messageOf } from '#infra/errors.ts';
import { type DeadLetterLimit, limitError } from '#infra/kafka/dead-letter-limit.ts';
import { recalledLimit } from '#infra/kafka/dead-letter-recall.ts';
import { DeadLetters } from '#infra/kafka/dead-letters.ts';
import type {
  Assignment,
  Batch,
  Consumer,
  ConsumerHandler,
  Kafka,
  OffsetCommit,
  Producer,
} from '#infra/kafka/port.ts';
import { sleep } from '#infra/kafka/retry.ts';
import type { Logger } from '#infra/log.ts';
import { metrics } from '#infra/metrics.ts';
import type { Appended } from '../batcher.ts';
import type { Reservation } from '../budget.ts';
import { countSplit } from '../observe.ts';
import type { Signal } from '../signals.ts';
import { bytesOf, chunksOf, type SplitChunk, splitChunk } from './chunk.ts';
import type { IntakeDoor, SignalDoor } from './door.ts';
import { awaitTopics } from './topics.ts';

export interface IntakeOptions {
  readonly kafka: Pick<Kafka, 'consume' | 'offsets' | 'ensureTopics' | 'committed' | 'read'>;
  readonly producer: Pick<Producer, 'send'>;
  readonly groupId: string;
  /** Dead letters go there: the topic's name on the broker. */
  readonly deadLetters: string;
  /** ATI_DEAD_LETTER_SHARE */
  readonly deadLetterShare?: number;
  readonly door: IntakeDoor;
  readonly signals: readonly SignalDoor[];
  /** Partitions of a topic that is not there yet. */
  readonly partitions: number;
  readonly log: Logger;
  /** Milliseconds between tries when the log does not acknowledge, default 1,000. */
  readonly retryMs?: number;
}

/** Taken through the door at once. */
const CHUNK_BYTES = 1 << 20;
const RETRY_MS = 1_000;
const LOG_EVERY_TRIES = 30;
/** Room in the budget is asked for again after so long: requests come and go in milliseconds. */
const ROOM_MS = 20;

export class KafkaIntake implements ConsumerHandler {
  readonly #options: IntakeOptions;
  readonly #retryMs: number;
  readonly #doors: ReadonlyMap<string, SignalDoor>;
  /** By topic; there before the first batch. */
  readonly #limits = new Map<string, DeadLetterLimit>();
  readonly #letters: DeadLetters;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #consumer: Consumer | undefined;
  #failure: string | undefined;
  #waiting: string | undefined;

  /** Starts at once, in the background: topics may come later. */
  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    this.#doors = new Map(
      options.signals.flatMap((door) => door.topics.map((topic) => [topic, door] as const)),
    );
    this.#letters = new DeadLetters(options.producer, options.deadLetters, options.groupId);
    this.#running = this.#run().catch((error: unknown) => this.#fail(error));
  }

  /** Why nothing is taken from Kafka, if so. Nothing is lost: the records stay where they are. */
  get reason(): string | undefined {
    return this.#failure ?? this.#waiting;
  }

  /** Takes nothing new, waits for what is on its way to the log, commits it, leaves the group. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#consumer?.close();
    await this.#running;
  }

  async onAssigned(partitions: readonly Assignment[]): Promise<void> {
    for (const { topic, partition, offset } of partitions)
      this.#options.log.info({ topic, partition, from: offset }, "taking a Collector's OTLP from Kafka");
  }

  async onBatch(batch: Batch): Promise<void> {
    const { topic, partition, epoch } = batch;
    const door = this.#doors.get(topic)!;
    const limit = this.#limits.get(topic)!;
    const { maxBodyBytes } = this.#options.door;
    for (const records of chunksOf(batch.records, Math.min(CHUNK_BYTES, maxBodyBytes))) {
      const reservation = await this.#room(topic, bytesOf(records));
      try {
        // Nothing new: a chunk before this one may have been given up, and a commit would go past it.
        if (this.#stop.signal.aborted) return;
        const chunk = splitChunk(topic, records, door.split, maxBodyBytes, limit);
        if (chunk.read > 0) {
          if (!(await this.#write(topic, door, chunk))) return; // stopping: it is read again
          const offset = records[chunk.read - 1].offset + 1;
          observe(topic, door.signal, chunk);
          await this.#commit({ topic, partition, offset }, epoch);
        }
        if (chunk.fault !== undefined) throw this.#limitError(topic, chunk.fault);
      } finally {
        reservation.release();
      }
    }
  }

  async #run(): Promise<void> {
    const { kafka, groupId, partitions, log } = this.#options;
    const { signal } = this.#stop;
    const topics = [...this.#doors.keys()];
    if (!(await awaitTopics({ kafka, names: topics, partitions, log, signal }))) return;
    for (const topic of topics) {
      const limit = await this.#until(`read which records of ${topic} were put aside`, () =>
        this.#recall(topic),
      );
      if (limit === undefined) return; // stopping
      this.#limits.set(topic, limit);
    }
    this.#consumer = await this.#until(`join group ${groupId}`, () =>
      kafka.consume({ groupId, topics, startAt: 'earliest', handler: this }),
    );
    if (signal.aborted) await this.#consumer?.close();
    await this.#consumer?.done;
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#failure = `nothing is taken from Kafka any more: ${messageOf(error)}`;
    this.#options.log.error({ err: error }, this.#failure);
  }

  /** Waits until these bytes may be in flight. Over all partitions they get what one client of the ingest may hold. */
  async #room(topic: string, bytes: number): Promise<Reservation> {
    const { budget, maxBodyBytes } = this.#options.door;
    const reservation = budget.reservation('kafka');
    const since = performance.now();
    // A larger record goes to the dead letters: it is not waited for.
    const wanted = Math.min(bytes, maxBodyBytes);
    while (reservation.resize(wanted) !== undefined && !this.#stop.signal.aborted)
      await sleep(ROOM_MS, this.#stop.signal);
    metrics.backPressureSeconds.inc({ topic }, (performance.now() - since) / 1000);
    return reservation;
  }

  /** True when the log has what is in the chunk; false when the intake stops before. */
  async #write(topic: string, door: SignalDoor, { parts, letters }: SplitChunk): Promise<boolean> {
    const written = await this.#until(`write what is on ${topic}`, () => acknowledged(door.append(parts)));
    if (written === undefined || letters.length === 0) return written !== undefined;
    const put = async () => {
      await this.#letters.send(letters);
      return true;
    };
    return (await this.#until(`write the dead letters of ${topic}`, put)) ?? false;
  }

  /** Fails without harm: the next commit says more, and what is not committed is read again. */
  async #commit(offset: OffsetCommit, epoch: number): Promise<void> {
    try {
      await this.#consumer?.commit([offset], epoch);
    } catch (error) {
      this.#options.log.warn({ ...offset, reason: messageOf(error) }, 'commit failed');
    }
  }

  /** What `work` gives, tried again for as long as it fails; undefined when the intake stops first. */
  async #until<T>(doing: string, work: () => Promise<T>): Promise<T | undefined> {
    const { log } = this.#options;
    for (let tries = 0; ; tries++) {
      try {
        const result = await work();
        this.#waiting = undefined;
        return result;
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined;
        this.#waiting = `cannot ${doing}: ${messageOf(error)}`;
        if (tries % LOG_EVERY_TRIES === 0) log.warn(`${this.#waiting}; trying again`);
      }
      await sleep(this.#retryMs, this.#stop.signal);
    }
  }

  #recall(topic: string): Promise<DeadLetterLimit> {
    const { kafka, groupId, deadLetters, deadLetterShare } = this.#options;
    return recalledLimit(kafka, { deadLetters, topic, groupId }, deadLetterShare);
  }

  #limitError(topic: string, { text, at }: NonNullable<SplitChunk['fault']>): Error {
    const { partition, offset } = at.record;
    return limitError(topic, this.#options.deadLetters, text, { partition, offset, reason: at.reason });
  }
}

/** Rejects when the log does not have every part. Resolves late rather than early: nothing is left on its way. */
async function acknowledged({ outcome, settled }: Appended): Promise<true> {
  const result = await outcome;
  await settled;
  if (!result.ok) throw result.error;
  return true;
}

function observe(topic: string, signal: Signal, { splits, letters, read }: SplitChunk): void {
  metrics.recordsConsumed.inc({ topic }, read);
  for (const { step } of letters) metrics.deadLetters.inc({ topic, reason: step });
  for (const split of splits) countSplit(signal, split);
}
