import type { Source } from '#schemas/events.ts';
import type { SignalLayout } from '#schemas/read-signal.ts';
import { Watermark } from './watermark.ts';

/** Order of signals: by the clock of their source, then partition, offset, sequence. */
export function compareSources(a: Source, b: Source): number {
  return a.clock - b.clock || a.partition - b.partition || a.offset - b.offset || a.sequence - b.sequence;
}

interface Lane {
  offset: number;
  sequence: number;
  /** What was taken is freed at once. */
  queue: (SignalLayout | undefined)[];
  head: number;
}

/**
 * Signals of all source partitions, put into one order that does not depend on how they were interleaved. Every source
 * sends in order of its clock; what it sends twice (offset and sequence not above the last) is dropped.
 */
export class Sources {
  readonly #lanes: Lane[];
  readonly #watermark: Watermark;

  constructor(count: number) {
    this.#lanes = Array.from({ length: count }, () => ({
      offset: -1,
      sequence: -1,
      queue: [],
      head: 0,
    }));
    this.#watermark = new Watermark(count);
  }

  /** The logical time: before it everything is here. -1 until every source was heard of. */
  get clock(): number {
    return this.#watermark.time;
  }

  get waiting(): number {
    let n = 0;
    for (const lane of this.#lanes) n += lane.queue.length - lane.head;
    return n;
  }

  has(partition: number): boolean {
    return partition < this.#lanes.length && partition >= 0;
  }

  /** False for what this source has sent before. Without a signal: a clock mark. */
  offer(source: Source, signal?: SignalLayout): boolean {
    const lane = this.#lanes[source.partition];
    const { offset, sequence } = source;
    if (offset < lane.offset || (offset === lane.offset && sequence <= lane.sequence)) return false;
    lane.offset = offset;
    lane.sequence = sequence;
    this.#watermark.hear(source.partition, source.clock);
    if (signal !== undefined) lane.queue.push(signal);
    return true;
  }

  /** The first signal of the common order, if it is before the logical time; `take` removes it. */
  peek(): SignalLayout | undefined {
    let first: SignalLayout | undefined;
    for (const lane of this.#lanes) {
      const signal = lane.queue[lane.head];
      if (signal !== undefined && (first === undefined || compareSources(signal, first) < 0)) first = signal;
    }
    return first !== undefined && first.clock < this.clock ? first : undefined;
  }

  take(signal: SignalLayout): void {
    const lane = this.#lanes[signal.partition];
    lane.queue[lane.head++] = undefined;
    if (lane.head > 1024 && lane.head * 2 > lane.queue.length) {
      lane.queue = lane.queue.slice(lane.head);
      lane.head = 0;
    } else if (lane.head === lane.queue.length) {
      lane.queue.length = 0;
      lane.head = 0;
    }
  }
}
