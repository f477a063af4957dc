import type { Readiness } from './http.ts';

/** Longer than any task takes on a busy machine; what takes longer does not end. */
const LIMIT_MS = 120_000;

/** Knows what is under way elsewhere (a worker thread), and since when: for /live. */
export class Watchdog {
  readonly #limitMs: number;
  readonly #clock: () => number;
  readonly #running = new Set<{ readonly what: string; readonly since: number }>();

  /** `clock`: milliseconds that never go back. */
  constructor(limitMs = LIMIT_MS, clock: () => number = () => performance.now()) {
    this.#limitMs = limitMs;
    this.#clock = clock;
  }

  /** Gives what `work` gives. */
  async watch<T>(what: string, work: Promise<T>): Promise<T> {
    const task = { what, since: this.#clock() };
    this.#running.add(task);
    try {
      return await work;
    } finally {
      this.#running.delete(task);
    }
  }

  live(): Readiness {
    const now = this.#clock();
    const stuck = [...this.#running].filter(({ since }) => now - since > this.#limitMs);
    const reasons = stuck.map(
      ({ what, since }) => `${what} has not ended for ${Math.round((now - since) / 1_000)} s`,
    );
    return { ok: reasons.length === 0, reasons };
  }
}
