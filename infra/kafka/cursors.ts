import { keyOf } from './fetch.ts';
import type { Assignment } from './port.ts';

/** Where this member stands in one of its partitions. */
export interface Cursor {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to fetch. */
  next: number;
  /** A batch is being handled: nothing more is fetched before its promise resolves. */
  busy: boolean;
  paused: boolean;
  /** The last answer was empty before the log's end: fetch it alone, to tell a hole from an answer that was full. */
  probe: boolean;
  /** Offset after the last record that consumers may read, as it was when last seen. */
  end: number;
  /** Time of the oldest record that may not have been handled yet, unix ms. */
  oldest: number;
  /** Its offset is not in the log any more: find another place to go on. */
  lost: boolean;
}

/** The partitions of one assignment, and a bell that rings when one may be fetched again. */
export class Cursors {
  readonly #cursors: ReadonlyMap<string, Cursor>;
  #bell = Promise.withResolvers<void>();

  constructor(partitions: readonly Assignment[]) {
    this.#cursors = new Map(
      partitions.map(({ topic, partition, offset }) => [
        keyOf(topic, partition),
        {
          topic,
          partition,
          next: offset,
          busy: false,
          paused: false,
          probe: false,
          lost: false,
          end: offset,
          oldest: Number.NaN,
        },
      ]),
    );
  }

  get all(): readonly Cursor[] {
    return [...this.#cursors.values()];
  }

  get(topic: string, partition: number): Cursor | undefined {
    return this.#cursors.get(keyOf(topic, partition));
  }

  setPaused(topic: string, partitions: readonly number[], paused: boolean): void {
    for (const partition of partitions) {
      const cursor = this.get(topic, partition);
      if (cursor) cursor.paused = paused;
    }
    if (!paused) this.ring();
  }

  ring(): void {
    this.#bell.resolve();
    this.#bell = Promise.withResolvers();
  }

  /** Resolves at the next ring. */
  rung(): Promise<void> {
    return this.#bell.promise;
  }
}
