/**
 * One projection's consumer: batches of several partitions become one insert into each of its tables, and offsets are
 * committed only once all of them are durable. Delivered twice, a row replaces itself, so doing work again changes nothing.
 *
 * Memory is bounded by two buffers: one being stored, one being filled. When both are full, `onBatch` waits, and with
 * it the fetch of that partition.
 */
import type { RetryOptions } from '#infra/clickhouse/retry.ts';
import { DeadLetterLimit, limitError } from '#infra/kafka/dead-letter-limit.ts';
import type { DeadLetters } from '#infra/kafka/dead-letters.ts';
import type { Assignment, Batch, Consumer, ConsumerHandler, KafkaRecord } from '#infra/kafka/port.ts';
import { REAL_TIME, type Schedule } from '#infra/schedule.ts';
import { type Insert, insertPending } from './insert.ts';
import { Pending, type RowMaker } from './pending.ts';

/** What happens, for metrics and logs. */
export interface WriterEvents {
  stored(table: string, rows: number, records: number, seconds: number): void;
  retrying(table: string, reason: string, attempt: number, delayMs: number): void;
  deadLetter(step: string, record: KafkaRecord, reason: string): void;
  uncommitted(reason: string): void;
  read(records: number): void;
  /** Both buffers were full: fetching waited for so long. */
  waited(seconds: number): void;
}

export interface WriterOptions {
  readonly projection: RowMaker;
  /** The topic's name on the broker. */
  readonly topic: string;
  /** In the order of the projection's. */
  readonly tables: readonly { readonly table: string; readonly insert: Insert }[];
  readonly deadLetters: Pick<DeadLetters, 'send'>;
  /** The name of their topic on the broker. */
  readonly deadLettersTopic: string;
  readonly limit?: DeadLetterLimit;
  /** Inserts are due at so many rows (of all tables), bytes (rows and records) or milliseconds. */
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly flushMs: number;
  /** Positions without rows (ticks) are committed this often. */
  readonly idleCommitMs?: number;
  readonly retry?: Pick<RetryOptions, 'firstMs' | 'maxMs' | 'random'>;
  readonly events: WriterEvents;
  readonly schedule?: Schedule;
  /** Something that must stop the process; called at most once. */
  readonly onFatal: (error: unknown) => void;
}

interface Signals {
  readonly abandon: AbortSignal;
  readonly cut: AbortSignal;
}

const IDLE_COMMIT_MS = 5_000;
/** So many rows within `flushMs` come fast: they wait longer, since few large inserts cost the server least, and later merges. */
const FAST_ROWS = 5_000;
const FAST_WAITS = 3;
/** Two of these and a commit are less than a stage of the lifecycle may take. */
const LAST_ATTEMPT_MS = 3_000;

export class Writer implements ConsumerHandler {
  readonly #options: WriterOptions;
  readonly #limit: DeadLetterLimit;
  readonly #schedule: Schedule;
  readonly #consumer = Promise.withResolvers<Consumer>();
  #epoch = -1;
  /** Ends the retries of the current epoch. */
  #abandon = new AbortController();
  /** Ends the attempt that is under way: ClickHouse may have accepted it and never answer. */
  #cut = new AbortController();
  #filling: Pending;
  #spare: Pending;
  /** Stored but not committed yet (a broker was away): goes with the next commit. */
  readonly #uncommitted = new Map<number, number>();
  #storing: Promise<void> | undefined;
  #stopTimer = () => {};
  #timerDue = Number.POSITIVE_INFINITY;
  /** How often the timer has been put off for what is being filled. */
  #waits = 0;
  /** The timer ran out while an insert was under way. */
  #overdue = false;
  #draining = false;
  /** Rows of this epoch were given up: nothing behind them may be committed. */
  #gap = false;
  #failed = false;
  #failure: unknown;
  #retrying: string | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#schedule = options.schedule ?? REAL_TIME;
    this.#limit = options.limit ?? new DeadLetterLimit();
    this.#filling = new Pending(options.projection);
    this.#spare = new Pending(options.projection);
  }

  /** To be called as soon as the consumer exists: commits wait for it. */
  started(consumer: Consumer): void {
    this.#consumer.resolve(consumer);
  }

  /** Why nothing is being stored at the moment. */
  get trouble(): string | undefined {
    return this.#retrying;
  }

  async onAssigned(_partitions: readonly Assignment[], epoch: number): Promise<void> {
    // Everything is read again from the committed offsets, so what is not stored yet is thrown away.
    this.#disarm();
    await this.#endStoring();
    this.#overdue = false;
    this.#waits = 0;
    this.#filling.clear();
    this.#uncommitted.clear();
    this.#abandon = new AbortController();
    this.#gap = false;
    this.#retrying = undefined;
    this.#epoch = epoch;
  }

  async onBatch(batch: Batch): Promise<void> {
    const { partition, records } = batch;
    for (let i = 0; i < records.length; i++) {
      const record = records[i];
      while (this.#full() && !this.#over(batch.epoch)) await this.#timed(() => this.#room());
      if (this.#failed) throw this.#failure;
      if (this.#over(batch.epoch)) return;
      const refused = this.#append(record, batch, i);
      this.#limit.add(refused !== undefined);
      if (refused === undefined) {
        this.#filling.passed(partition, record);
        continue;
      }
      await this.#deadLetter('decode', [{ record, reason: refused }]);
      if (this.#over(batch.epoch)) return;
      this.#filling.passed(partition, record);
    }
    this.#options.events.read(records.length);
    if (this.#full()) {
      if (this.#storing === undefined) this.#start();
    } else if (!this.#filling.empty) {
      this.#arm(
        this.#filling.rowCount > 0 ? this.#options.flushMs : (this.#options.idleCommitMs ?? IDLE_COMMIT_MS),
      );
    }
  }

  /**
   * Stores and commits what has been read, if the database takes it now; nothing more is read. The consumer is still
   * to be closed, after this.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#disarm();
    // One more attempt each, then what is left is read again at the next start.
    await this.#endStoring();
    if (this.#failed) return;
    this.#start();
    await this.#endStoring();
  }

  /** No more retries; the attempt that is under way has a moment to end by itself. */
  async #endStoring(): Promise<void> {
    this.#abandon.abort();
    const cut = this.#cut;
    const stopTimer = this.#schedule.after(LAST_ATTEMPT_MS, () => cut.abort());
    await this.#storing;
    stopTimer();
    if (cut.signal.aborted) this.#cut = new AbortController();
  }

  /** Appends the record's rows; a reason where it has none to give. */
  #append(record: KafkaRecord, batch: Batch, index: number): string | undefined {
    if (record.value === null) return 'record without a value';
    const pending = this.#filling;
    const from = pending.outs.map(({ length }) => length);
    const appended = this.#options.projection.append(pending.outs, record.value);
    if (!appended.ok) return appended.reason;
    pending.add(record, appended.rows, from, batch, index);
    return undefined;
  }

  /** True when nothing more of this epoch is taken. */
  #over(epoch: number): boolean {
    return this.#draining || this.#gap || epoch !== this.#epoch;
  }

  #full(): boolean {
    const { batchRows, batchBytes } = this.#options;
    return this.#filling.rowCount >= batchRows || this.#filling.bytes >= batchBytes;
  }

  /** Makes room: starts to store, or waits for what is being stored. The back-pressure. */
  async #room(): Promise<void> {
    if (this.#storing === undefined) this.#start();
    else await this.#storing;
    if (this.#failed) throw this.#failure;
  }

  async #timed(wait: () => Promise<void>): Promise<void> {
    const since = performance.now();
    try {
      await wait();
    } finally {
      this.#options.events.waited((performance.now() - since) / 1_000);
    }
  }

  #arm(delayMs: number): void {
    const due = this.#schedule.now() + delayMs;
    if (due >= this.#timerDue) return;
    this.#disarm();
    this.#timerDue = due;
    this.#stopTimer = this.#schedule.after(delayMs, () => {
      this.#disarm();
      if (this.#storing !== undefined) this.#overdue = true;
      else if (this.#filling.rowCount >= FAST_ROWS && this.#waits < FAST_WAITS) {
        this.#waits++;
        this.#arm(this.#options.flushMs);
      } else this.#start();
    });
  }

  #disarm(): void {
    this.#stopTimer();
    this.#timerDue = Number.POSITIVE_INFINITY;
  }

  /** Starts to store what has been gathered; never two inserts at once, so that positions are committed in order. */
  #start(): void {
    if (this.#failed || this.#gap || (this.#filling.empty && this.#uncommitted.size === 0)) return;
    this.#disarm();
    this.#waits = 0;
    this.#overdue = false;
    const pending = this.#filling;
    this.#filling = this.#spare;
    const signals = { abandon: this.#abandon.signal, cut: this.#cut.signal };
    this.#storing = this.#store(pending, this.#epoch, signals)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        pending.clear();
        this.#spare = pending;
        this.#storing = undefined;
        // Nothing more is begun under an assignment that is over: it could end in the middle of the next one.
        if (this.#draining || this.#abandon.signal.aborted) return;
        if (this.#overdue || this.#full()) this.#start();
        else if (!this.#filling.empty) this.#arm(this.#options.flushMs);
        else if (this.#uncommitted.size > 0) this.#arm(this.#options.idleCommitMs ?? IDLE_COMMIT_MS);
      });
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure = error;
    this.#options.onFatal(error);
  }

  async #store(pending: Pending, epoch: number, { abandon, cut }: Signals): Promise<void> {
    const { tables, events, retry } = this.#options;
    /** A record may have rows in several tables; it becomes one dead letter. */
    const bad = new Map<KafkaRecord, string>();
    // One after the other: the server has other things to do, and the first that is away stops the rest.
    for (const [i, { table, insert }] of tables.entries()) {
      const rows = pending.tables[i];
      if (rows.rowCount === 0) continue;
      const began = this.#schedule.now();
      const onRetry: RetryOptions['onRetry'] = (error, attempt, delayMs) => {
        this.#retrying = error.message;
        events.retrying(table, error.message, attempt, delayMs);
      };
      const inserted = await insertPending(insert, rows, { ...retry, signal: abandon, onRetry }, cut);
      if (inserted.outcome === 'abandoned') {
        this.#gap = true;
        return;
      }
      this.#retrying = undefined;
      events.stored(table, rows.rowCount, rows.records, (this.#schedule.now() - began) / 1000);
      for (const { record, reason } of inserted.bad) {
        if (!bad.has(record)) bad.set(record, reason);
      }
    }
    if (bad.size > 0) {
      for (let i = 0; i < bad.size; i++) this.#limit.add(true);
      await this.#deadLetter(
        'insert',
        [...bad].map(([record, reason]) => ({ record, reason })),
      );
    }
    await this.#commit(pending, epoch);
  }

  /** Commits what `pending` has passed, unless another assignment has come meanwhile. */
  async #commit(pending: Pending, epoch: number): Promise<void> {
    if (epoch !== this.#epoch) return;
    for (const [partition, offset] of pending.positions) this.#uncommitted.set(partition, offset);
    const { topic } = this.#options;
    const offsets = [...this.#uncommitted].map(([partition, offset]) => ({ topic, partition, offset }));
    const consumer = await this.#consumer.promise;
    try {
      await consumer.commit(offsets, epoch);
      this.#uncommitted.clear();
    } catch (error) {
      // The rows are stored; without a commit they are only stored again. A group that is lost ends the consumer.
      this.#options.events.uncommitted(String(error));
    }
  }

  /** Resolves when the log has the letters; too many of them stop the consumer instead. */
  async #deadLetter(step: string, bad: readonly { record: KafkaRecord; reason: string }[]): Promise<void> {
    const { topic, deadLetters, deadLettersTopic, events } = this.#options;
    const fault = this.#limit.fault();
    if (fault !== undefined) {
      const { record, reason } = bad[bad.length - 1];
      const { partition, offset } = record;
      throw limitError(topic, deadLettersTopic, fault, { partition, offset, reason });
    }
    await deadLetters.send(
      bad.map(({ record, reason }) => ({ topic, record, step, reason, ts: record.timestamp })),
    );
    for (const { record, reason } of bad) events.deadLetter(step, record, reason);
  }
}
