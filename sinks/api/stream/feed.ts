/** The live incidents of this process: one reader of the topic for all clients of the stream. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#infra/errors.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import type { Logger } from '#infra/log.ts';
import {
  type PositionedIncident,
  type Positions,
  positionsAt,
  readIncidents,
  tailIncidents,
} from '../../incidents/tail.ts';
import { ClientQueue } from './client-queue.ts';

export interface EventId {
  readonly partition: number;
  readonly offset: number;
}

export interface IncidentFeed {
  /** False until the topic could be read. */
  readonly live: boolean;
  /**
   * The tenant's incidents from now on, or those that came after `after`; ends with the signal. For a client that does
   * not keep up it calls `onOverrun` and throws SlowClientError. An `after` that names another tenant's event is like one
   * that names none.
   */
  events(
    tenant: string,
    after: EventId | undefined,
    signal: AbortSignal,
    onOverrun?: () => void,
  ): AsyncIterable<PositionedIncident>;
}

/** What a reconnecting client most likely missed; older things are read from the log again. */
const RECENT = 1_000;
const RETRY_MS = 2_000;

export class TopicFeed implements IncidentFeed {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #log: Logger;
  readonly #clients = new Map<ClientQueue, string>();
  readonly #recent: PositionedIncident[] = [];
  /** Next offsets of what has not been handed to the clients; undefined until the topic could be read. */
  #positions: Map<number, number> | undefined;

  constructor(kafka: Kafka, topic: string, log: Logger) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#log = log;
  }

  get live(): boolean {
    return this.#positions !== undefined;
  }

  /** Reads until the signal, whatever happens to the broker meanwhile. */
  async run(signal: AbortSignal, pollMs?: number): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#positions ??= new Map(await positionsAt(this.#kafka, this.#topic, 'end'));
        for await (const item of tailIncidents(this.#kafka, this.#topic, new Map(this.#positions), {
          signal,
          pollMs,
          onSkipped: (partition, offset, reason) =>
            this.#log.warn({ partition, offset }, `not an incident event: ${reason}`),
          onPositions: (positions) => {
            this.#positions = new Map(positions);
          },
        })) {
          this.#hand(item);
        }
      } catch (error) {
        this.#log.warn(`the incident stream waits for Kafka: ${messageOf(error)}`);
        // Aborted while waiting: the loop's condition sees it.
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #hand(item: PositionedIncident): void {
    this.#positions?.set(item.partition, item.offset + 1);
    this.#recent.push(item);
    if (this.#recent.length > RECENT) this.#recent.shift();
    for (const [client, tenant] of this.#clients) {
      if (item.event.tenant === tenant) client.push(item);
    }
  }

  async *events(
    tenant: string,
    after: EventId | undefined,
    signal: AbortSignal,
    onOverrun?: () => void,
  ): AsyncGenerator<PositionedIncident> {
    const queue = new ClientQueue(signal, onOverrun);
    // At one go with the copies below: nothing falls between what was and what comes.
    this.#clients.set(queue, tenant);
    const recent = this.#recent.filter(({ event }) => event.tenant === tenant);
    const positions = new Map(this.#positions);
    try {
      if (after !== undefined) yield* this.#missed(tenant, after, recent, positions);
      yield* queue.items();
    } finally {
      this.#clients.delete(queue);
    }
  }

  /** What came after `after` and before now, in the order in which it was given then where that is still known. */
  async *#missed(
    tenant: string,
    after: EventId,
    recent: readonly PositionedIncident[],
    to: Positions,
  ): AsyncGenerator<PositionedIncident> {
    const known = recent.findIndex(
      ({ partition, offset }) => partition === after.partition && offset === after.offset,
    );
    if (known >= 0) {
      yield* recent.slice(known + 1);
      return;
    }
    const from = await this.#positionsAfter(tenant, after, to);
    for await (const item of readIncidents(this.#kafka, this.#topic, from, to)) {
      if (item.event.tenant === tenant) yield item;
    }
  }

  /**
   * An id names one partition only. The others are read from that record's time on, so some of their events may come
   * again: (incidentId, revision) tells.
   */
  async #positionsAfter(tenant: string, after: EventId, to: Positions): Promise<Positions> {
    const positions = new Map<number, number>(to);
    const { partition, offset } = after;
    const [at, end] = [new Map([[partition, offset]]), new Map([[partition, offset + 1]])];
    for await (const { event, timestamp } of readIncidents(this.#kafka, this.#topic, at, end)) {
      // Its time is nobody else's business.
      if (event.tenant !== tenant) continue;
      const others = await this.#kafka.offsetsForTime(this.#topic, timestamp);
      for (const other of others) positions.set(other.partition, other.offset);
    }
    positions.set(partition, offset + 1);
    return positions;
  }
}
