/**
 * Compares the clock of a process that stamps `SpanBatch.receivedAt`, and so drives every trace and window, with the
 * broker's: `ati.spans` has LogAppendTime, and the broker's answer says when it appended. The ingest stamps what
 * arrives, the processor the ticks of idle partitions.
 */
import type { ProduceAck } from './port.ts';

export const MAX_CLOCK_DIFFERENCE_MS = 2_000;

/**
 * How long a bad comparison counts. An unready process may write nothing, so no comparison that could clear it: the
 * verdict lapses, and what is written next is the next check.
 */
const VERDICT_MS = 60_000;

export class ClockCheck {
  #differenceMs = 0;
  #comparedAt = Number.NEGATIVE_INFINITY;

  /** Milliseconds that the broker's clock is certainly ahead (+) or behind (-) of ours; 0 when they may agree. */
  get differenceMs(): number {
    return this.#differenceMs;
  }

  /** The append lies between request and answer, so a slow answer is no difference of clocks. All in unix ms. */
  compare(acks: readonly ProduceAck[], sentAt: number, answeredAt: number): void {
    for (const { logAppendTime } of acks) {
      if (logAppendTime === undefined) continue;
      const behind = Math.min(0, logAppendTime - sentAt);
      const ahead = Math.max(0, logAppendTime - answeredAt);
      this.#differenceMs = ahead + behind;
      this.#comparedAt = answeredAt;
    }
  }

  /** Why this process must not be ready, if so. */
  reason(now: number): string | undefined {
    if (Math.abs(this.#differenceMs) <= MAX_CLOCK_DIFFERENCE_MS) return undefined;
    if (now - this.#comparedAt > VERDICT_MS) return undefined;
    const seconds = (Math.abs(this.#differenceMs) / 1000).toFixed(1);
    const direction = this.#differenceMs > 0 ? 'behind' : 'ahead of';
    return `the clock here is ${seconds} s ${direction} the broker's; at most 2 s are allowed`;
  }
}
