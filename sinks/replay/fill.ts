/** The log into tables, by the projection that the sink runs. */
import type { RetryOptions } from '#infra/clickhouse/retry.ts';
import { UserError } from '#infra/errors.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import type { TablesProjection } from '../projections/projection.ts';
import { type Insert, insertPending } from '../writer/insert.ts';
import { Pending } from '../writer/pending.ts';
import type { Range } from './plan.ts';
import type { Positions } from './stamps.ts';

/** What has been done so far. */
export interface Filled {
  records: number;
  rows: number;
  /** Records that the projection or the database refuses: the sink has put them aside when it met them. */
  refused: number;
}

export interface FillOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly projection: TablesProjection;
  readonly batchRows: number;
  readonly signal: AbortSignal;
  readonly onProgress: (filled: Filled) => void;
  readonly onRetry: (reason: string) => void;
}

const BATCH_BYTES = 32 << 20;
/** Records between two looks at the clock of progress. */
const TELL_EVERY = 500;

/** Thrown where the signal comes. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor() {
    super('interrupted');
  }
}

/** One buffer is filled while the other is being stored. Throws Interrupted, and what is no fault of the rows. */
export class Filler {
  readonly filled: Filled = { records: 0, rows: 0, refused: 0 };
  readonly #options: FillOptions;
  readonly #inserts: readonly Insert[];
  #filling: Pending;
  #spare: Pending;
  #storing: Promise<void> = Promise.resolve();

  /** `inserts`: in the order of the projection's tables. */
  constructor(options: FillOptions, inserts: readonly Insert[]) {
    this.#options = options;
    this.#inserts = inserts;
    this.#filling = new Pending(options.projection);
    this.#spare = new Pending(options.projection);
  }

  /**
   * Resolves when the rows of the ranges are stored. Throws a UserError where retention has deleted the beginning of one
   * since the ranges were made: its rows would neither be carried over nor replayed.
   */
  async fill(ranges: readonly Range[]): Promise<void> {
    const { kafka, topic, batchRows, signal, onProgress } = this.#options;
    for (const { partition, from, to } of ranges) {
      let first = to;
      for await (const record of kafka.read(topic, partition, from, to)) {
        if (signal.aborted) throw new Interrupted();
        if (first === to) {
          first = record.offset;
          if (first > from) await this.#checkStart(partition, from);
        }
        this.#append(record);
        if (++this.filled.records % TELL_EVERY === 0) onProgress(this.filled);
        if (this.#filling.rowCount >= batchRows || this.#filling.bytes >= BATCH_BYTES) await this.#store();
      }
      if (first === to && to > from) await this.#checkStart(partition, from);
    }
    await this.#store();
    await this.#storing;
    onProgress(this.filled);
  }

  /** A log may have holes; what it must not have is a later beginning. */
  async #checkStart(partition: number, from: number): Promise<void> {
    const { kafka, topic } = this.#options;
    const log = (await kafka.offsets(topic)).find((each) => each.partition === partition);
    if (log !== undefined && log.earliest > from)
      throw new UserError(
        `${topic}: retention has deleted the offsets ${from} to ${log.earliest - 1} of partition ${partition} ` +
          'before they were read: run the replay again, it carries their rows over',
      );
  }

  #append(record: Parameters<Pending['add']>[0]): void {
    const pending = this.#filling;
    const from = pending.outs.map(({ length }) => length);
    const appended =
      record.value === null ? undefined : this.#options.projection.append(pending.outs, record.value);
    if (appended?.ok) pending.add(record, appended.rows, from);
    else this.filled.refused++;
  }

  async #store(): Promise<void> {
    await this.#storing;
    const pending = this.#filling;
    this.#filling = this.#spare;
    this.#spare = pending;
    this.#storing = this.#insert(pending);
    // Its failure is thrown where it is awaited next.
    this.#storing.catch(() => undefined);
  }

  async #insert(pending: Pending): Promise<void> {
    const { signal, onRetry } = this.#options;
    const retry: RetryOptions = { signal, maxMs: 2_000, onRetry: (error) => onRetry(error.message) };
    const bad = new Set<unknown>();
    for (const [i, insert] of this.#inserts.entries()) {
      const inserted = await insertPending(insert, pending.tables[i], retry, signal);
      if (inserted.outcome === 'abandoned') throw new Interrupted();
      for (const { record } of inserted.bad) bad.add(record);
    }
    this.filled.rows += pending.rowCount;
    this.filled.refused += bad.size;
    pending.clear();
  }
}

/** From positions up to the log's end as it is now. */
export async function rangesUpToNow(kafka: Kafka, topic: string, from: Positions): Promise<Range[]> {
  return (await kafka.offsets(topic)).map(({ partition, earliest, latest }) => {
    const first = Math.max(earliest, from.get(partition) ?? earliest);
    return { partition, from: first, to: Math.max(first, latest) };
  });
}

export const endsOf = (ranges: readonly Range[]): Positions =>
  new Map(ranges.map(({ partition, to }) => [partition, to]));

export const recordsIn = (ranges: readonly Range[]) =>
  ranges.reduce((sum, { from, to }) => sum + to - from, 0);
