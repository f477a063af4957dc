import type { SessionSettings } from '#processors/windows/session.ts';

/** A session window as an object each; its rules are those of processors/windows/session.ts. */
export class SessionWindow {
  /** Clock of the first close; −1 before. */
  closedAt = -1;
  readonly #settings: SessionSettings;
  readonly #firstClock: number;
  #lastClock: number;
  #complete = false;
  #fresh = false;
  #over = false;

  constructor(settings: SessionSettings, firstClock: number) {
    this.#settings = settings;
    this.#firstClock = firstClock;
    this.#lastClock = firstClock;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Events came since the last close: at `due` a revision is due (else: its end). */
  get unrevised(): boolean {
    return this.#fresh && !this.#over;
  }

  /** True where an event that comes at `clock` is late for it. */
  isLate(clock: number): boolean {
    return this.closedAt >= 0 && clock >= this.closedAt + this.#settings.reopenMs;
  }

  /** Takes an event that is not late. */
  add(clock: number, completes: boolean): void {
    this.#lastClock = clock;
    this.#fresh = true;
    if (completes) this.#complete = true;
  }

  /** The next moment at which it must be looked at; Infinity when it is over. */
  due(): number {
    const { quietGapMs, hardCapMs, reopenMs } = this.#settings;
    if (this.#over) return Infinity;
    if (this.closedAt >= 0) return this.#fresh ? this.#lastClock + quietGapMs : this.closedAt + reopenMs;
    const cap = this.#firstClock + hardCapMs;
    return this.#complete ? Math.min(this.#lastClock + quietGapMs, cap) : cap;
  }

  /** Closes it with what it has. */
  close(clock: number): void {
    if (this.closedAt < 0) this.closedAt = clock;
    this.#fresh = false;
  }

  /** It takes no more events. */
  end(): void {
    this.#over = true;
  }
}
