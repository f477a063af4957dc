/** What this ingest knows of the log: whether a broker answers, and whether it acknowledges. */

/** A failed send counts this long: an unready ingest may get no traffic, so no success that could clear it. */
const FAILURE_MS = 10_000;

export class LogHealth {
  #reachable = true;
  #failure = '';
  #failedAt = Number.NEGATIVE_INFINITY;

  /** The answer to a ping. */
  reached(reachable: boolean): void {
    this.#reachable = reachable;
  }

  acknowledged(): void {
    this.#reachable = true;
    this.#failedAt = Number.NEGATIVE_INFINITY;
  }

  /** `now` in unix ms. */
  failed(reason: string, now: number): void {
    this.#failure = reason;
    this.#failedAt = now;
  }

  /** Why this ingest must not be ready, if so. */
  reason(now: number): string | undefined {
    if (!this.#reachable) return 'no Kafka broker answers';
    if (now - this.#failedAt <= FAILURE_MS) return `the log does not acknowledge: ${this.#failure}`;
    return undefined;
  }
}
