/**
 * One partition's way to the log: parts queue here, are merged into batches, and go out with one send in flight,
 * so that the log has them in the order of their arrival.
 */

import type { OutgoingRecord, ProduceAck } from '#infra/kafka/port.ts';
import type { Schedule } from '#infra/schedule.ts';
import { giveBack } from './memory.ts';
import type { Part, RecordOf } from './records.ts';

export type { Part } from './records.ts';

export interface Entry {
  readonly tenant: string;
  readonly part: Part;
  /** True: nobody waits for it any more; it is left out if it has not been sent yet. */
  readonly abandoned: boolean;
  /** Without an error: the log has it. */
  settle(error?: Error): void;
}

export interface LaneOptions {
  /** Sends to one topic; resolves once the log has every record. Their values are used again after that. */
  send(records: readonly OutgoingRecord[]): Promise<readonly ProduceAck[]>;
  /** Unix milliseconds. */
  now(): number;
  /** Makes a record of what goes together. */
  readonly recordOf: RecordOf;
  /** Bounds of one send; a single part may be larger. */
  readonly maxBytes: number;
  /** Spans, data points or log records. */
  readonly maxItems: number;
  /** Milliseconds that a send of less than 64 KiB waits for company, at most. */
  readonly lingerMs: number;
  readonly schedule?: Schedule;
  /** Called with the answer of the log and when, by `now`, its request was sent and answered. */
  onAck(acks: readonly ProduceAck[], sentAt: number, answeredAt: number): void;
}

/** When those who wait leave: all at once, `afterMs` milliseconds after the first of them came. */
export class Departure {
  readonly #afterMs: number;
  readonly #schedule: Schedule;
  #next: Promise<void> | undefined;

  constructor(afterMs: number, schedule: Schedule) {
    this.#afterMs = afterMs;
    this.#schedule = schedule;
  }

  wait(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      this.#schedule.after(this.#afterMs, () => {
        this.#next = undefined;
        resolve();
      });
    });
    return this.#next;
  }
}

const LINGER_BELOW_BYTES = 64 << 10;

export class Lane {
  readonly #partition: number;
  readonly #options: LaneOptions;
  readonly #linger: Departure;
  readonly #queue: Entry[] = [];
  #queuedBytes = 0;
  #running: Promise<void> | undefined;

  /** `linger`: shared by the lanes of a topic, whose small sends leave together and so share a request. */
  constructor(partition: number, options: LaneOptions, linger: Departure) {
    this.#partition = partition;
    this.#options = options;
    this.#linger = linger;
  }

  add(entry: Entry): void {
    this.#queue.push(entry);
    this.#queuedBytes += entry.part.otlp.length;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is queued or in flight. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      const entries = this.#cut();
      const error = entries.length === 0 ? undefined : await this.#send(entries);
      for (const entry of entries) entry.settle(error);
    }
    this.#running = undefined;
  }

  /** A moment in which others may join a small send: half the sends, for a delay that no exporter notices. */
  #gather(): Promise<void> {
    const isSmall = this.#queuedBytes < LINGER_BELOW_BYTES;
    if (isSmall && this.#options.lingerMs > 0) return this.#linger.wait();
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Takes from the front of the queue what fits in one send: at least one entry that is still waited for. */
  #cut(): Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    let items = 0;
    let next = 0;
    for (; next < this.#queue.length; next++) {
      const entry = this.#queue[next];
      if (entry.abandoned) {
        entry.settle(new Error('abandoned before it was sent'));
        continue;
      }
      bytes += entry.part.otlp.length;
      items += entry.part.count;
      if (taken.length > 0 && (bytes > this.#options.maxBytes || items > this.#options.maxItems)) break;
      taken.push(entry);
    }
    for (const entry of this.#queue.splice(0, next)) this.#queuedBytes -= entry.part.otlp.length;
    return taken;
  }

  /** The error of a send that failed; it is each entry's outcome, so it is a value here. */
  async #send(entries: readonly Entry[]): Promise<Error | undefined> {
    const { send, now, onAck, recordOf } = this.#options;
    const sentAt = now();
    try {
      const records = recordsOf(entries, this.#partition, sentAt, recordOf);
      for (const { part } of entries) giveBack(part.otlp); // the records have copied it
      const acks = await send(records);
      onAck(acks, sentAt, now());
      // Only now: of a send that failed nobody knows who reads its records still.
      for (const { value } of records) if (value !== null) giveBack(value);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** One record per tenant and service. */
function recordsOf(
  entries: readonly Entry[],
  partition: number,
  receivedAt: number,
  recordOf: RecordOf,
): OutgoingRecord[] {
  if (entries.every((entry) => goTogether(entry, entries[0])))
    return [record(entries, partition, receivedAt, recordOf)];
  const together = Map.groupBy(entries, ({ tenant, part }) => `${tenant}\n${part.service}`);
  return [...together.values()].map((each) => record(each, partition, receivedAt, recordOf));
}

const goTogether = (one: Entry, other: Entry) =>
  one.tenant === other.tenant && one.part.service === other.part.service;

function record(
  entries: readonly Entry[],
  partition: number,
  receivedAt: number,
  recordOf: RecordOf,
): OutgoingRecord {
  const [{ tenant, part }] = entries;
  const otlp: Uint8Array[] = [];
  let count = 0;
  for (const entry of entries) {
    otlp.push(entry.part.otlp);
    count += entry.part.count;
  }
  return recordOf({ partition, service: part.service, tenant, receivedAt, count, otlp });
}
