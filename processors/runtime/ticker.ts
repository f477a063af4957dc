import { ClockCheck } from '#infra/kafka/clock-check.ts';
import type { OutgoingRecord, ProduceAck } from '#infra/kafka/port.ts';
import { REAL_TIME, type Schedule } from '#infra/schedule.ts';
import { encode } from '#schemas/codec.ts';

export interface TickerOptions {
  /** Wall clock, unix ms: the one in the processors. What it says gets onto the log, and counts only from there. */
  readonly now: () => number;
  /** Clocks of the partitions that this process owns, unix ms. */
  readonly owned: () => Iterable<readonly [partition: number, clock: number]>;
  /** Appends to ati.spans. */
  readonly send: (records: readonly OutgoingRecord[]) => Promise<readonly ProduceAck[]>;
  readonly onError: (error: unknown) => void;
  /** Milliseconds, default 1,000. */
  readonly everyMs?: number;
  readonly schedule?: Schedule;
}

/**
 * Keeps the clocks of idle partitions going: each second without a newer SpanBatch it writes an empty one, so that
 * traces and windows close although nothing comes.
 */
export class Ticker {
  readonly #options: Required<TickerOptions>;
  readonly #written = new Map<number, number>();
  readonly #clock = new ClockCheck();
  #stop = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: TickerOptions) {
    this.#options = { everyMs: 1_000, schedule: REAL_TIME, ...options };
  }

  start(): void {
    const { schedule, everyMs } = this.#options;
    this.#stop = schedule.every(everyMs / 4, () => {
      this.#running = this.#running.then(() => this.tick()).catch(this.#options.onError);
    });
  }

  /** Why no ticks are written: this clock is off, and would close traces early or never. */
  fault(): string | undefined {
    return this.#clock.reason(this.#options.now());
  }

  async tick(): Promise<void> {
    const { now, owned, send, everyMs } = this.#options;
    if (this.fault() !== undefined) return;
    const receivedAt = now();
    const records: OutgoingRecord[] = [];
    for (const [partition, clock] of owned()) {
      const last = Math.max(clock, this.#written.get(partition) ?? 0);
      if (receivedAt - last < everyMs) continue;
      this.#written.set(partition, receivedAt);
      const value = encode('SpanBatch', { tenant: '', receivedAt, spanCount: 0, otlp: new Uint8Array() });
      records.push({ partition, value });
    }
    if (records.length > 0) this.#clock.compare(await send(records), receivedAt, now());
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    this.#stop();
    await this.#running;
  }
}
