import type { Source } from '#schemas/events.ts';
import type { SignalLayout } from '#schemas/signal-layout.ts';
import type { GroupName } from './group-names.ts';
import type { Tails } from './tails.ts';
import { type Taken, WaitingSignals } from './waiting.ts';
import { Watermark } from './watermark.ts';

interface Lane {
  offset: number;
  sequence: number;
  readonly waiting: WaitingSignals;
}

/**
 * Signals of all source partitions, put into one order that does not depend on how they were interleaved: by the clock of
 * their source, then partition, offset, sequence. Every source sends in order of its clock; what it sends twice (offset
 * and sequence not above the last) is dropped.
 */
export class Sources {
  readonly #lanes: Lane[];
  /** Of the first signal of each lane; Infinity where none waits. */
  readonly #heads: Float64Array;
  readonly #watermark: Watermark;

  constructor(count: number) {
    this.#lanes = Array.from({ length: count }, () => ({
      offset: -1,
      sequence: -1,
      waiting: new WaitingSignals(),
    }));
    this.#heads = new Float64Array(count).fill(Infinity);
    this.#watermark = new Watermark(count);
  }

  /** The logical time: before it everything is here. -1 until every source was heard of. */
  get clock(): number {
    return this.#watermark.time;
  }

  has(partition: number): boolean {
    return partition < this.#lanes.length && partition >= 0;
  }

  /** False for what this source has sent before; what it has sent now is else heard. */
  hear({ partition, offset, sequence, clock }: Source): boolean {
    const lane = this.#lanes[partition];
    if (offset < lane.offset || (offset === lane.offset && sequence <= lane.sequence)) return false;
    lane.offset = offset;
    lane.sequence = sequence;
    this.#watermark.hear(partition, clock);
    return true;
  }

  /** Keeps a signal that was heard until its time. */
  keep(signal: SignalLayout, name: GroupName, tails: Tails, tail: number): void {
    const { waiting } = this.#lanes[signal.partition];
    waiting.push(signal, name, tails, tail);
    this.#heads[signal.partition] = waiting.clock;
  }

  /** The partition with the first signal of the common order, if that is before the logical time; else -1. `take` removes it. */
  next(): number {
    const heads = this.#heads;
    let first = -1;
    let clock = this.clock;
    for (let partition = 0; partition < heads.length; partition++) {
      if (heads[partition] >= clock) continue;
      clock = heads[partition];
      first = partition;
    }
    return first;
  }

  /** The clock of the first signal of a partition. */
  clockOf(partition: number): number {
    return this.#heads[partition];
  }

  take(partition: number, into: Taken): void {
    const { waiting } = this.#lanes[partition];
    waiting.take(into);
    this.#heads[partition] = waiting.clock;
  }
}
