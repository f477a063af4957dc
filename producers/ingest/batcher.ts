/**
 * Group commit: parts of concurrent requests share sends, each request is acknowledged by its own parts alone.
 */
import { REAL_TIME, type Schedule } from '#infra/schedule.ts';
import type { Entry, LaneOptions } from './lane.ts';
import { Departure, Lane } from './lane.ts';
import type { Part } from './records.ts';

export interface BatcherOptions extends LaneOptions {
  /** Milliseconds until a request whose parts are not on the log yet is told so. */
  readonly ackTimeoutMs: number;
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: Error };

export interface Appended {
  /** ok only when the log has every part. Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Resolves when the batcher holds none of the parts any more: after a timeout, later than `outcome`. */
  readonly settled: Promise<void>;
}

export class Batcher {
  readonly #options: BatcherOptions;
  readonly #lanes = new Map<number, Lane>();
  readonly #linger: Departure;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#linger = new Departure(options.lingerMs, options.schedule ?? REAL_TIME);
  }

  /** Queues the parts of one request. */
  append(tenant: string, parts: readonly Part[]): Appended {
    const request = new PendingRequest(
      parts.length,
      this.#options.ackTimeoutMs,
      this.#options.schedule ?? REAL_TIME,
    );
    for (const part of parts) this.#lane(part.partition).add(request.entry(tenant, part));
    return request;
  }

  /** Resolves when everything appended so far has been settled. */
  async flush(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.idle()));
  }

  #lane(partition: number): Lane {
    const known = this.#lanes.get(partition);
    if (known !== undefined) return known;
    const lane = new Lane(partition, this.#options, this.#linger);
    this.#lanes.set(partition, lane);
    return lane;
  }
}

class PendingRequest implements Appended {
  readonly outcome: Promise<Outcome>;
  readonly settled: Promise<void>;
  readonly #decide: (outcome: Outcome) => void;
  readonly #finish: () => void;
  readonly #stopTimer: () => void;
  #waiting: number;
  #abandoned = false;
  #error: Error | undefined;

  constructor(parts: number, ackTimeoutMs: number, schedule: Schedule) {
    const outcome = Promise.withResolvers<Outcome>();
    const settled = Promise.withResolvers<void>();
    this.outcome = outcome.promise;
    this.settled = settled.promise;
    this.#decide = outcome.resolve;
    this.#finish = settled.resolve;
    this.#waiting = parts;
    this.#stopTimer = schedule.after(ackTimeoutMs, () => {
      this.#abandoned = true;
      this.#decide({ ok: false, error: new Error(`not acknowledged within ${ackTimeoutMs} ms`) });
    });
    if (parts === 0) this.#close();
  }

  entry(tenant: string, part: Part): Entry {
    const isAbandoned = () => this.#abandoned;
    return {
      tenant,
      part,
      get abandoned() {
        return isAbandoned();
      },
      settle: (error) => this.#settle(error),
    };
  }

  #settle(error: Error | undefined): void {
    this.#error ??= error;
    this.#waiting--;
    if (this.#waiting === 0) this.#close();
  }

  #close(): void {
    this.#stopTimer();
    this.#decide(this.#error === undefined ? { ok: true } : { ok: false, error: this.#error });
    this.#finish();
  }
}
