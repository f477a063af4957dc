import type { SessionSettings } from '#processors/windows/session.ts';

/**
 * A session window in processing time of the log, by the rules of processors/windows/session.ts, as an object: open →
 * closed → re-opened and closed again, each time with a revision → over. The caller drops duplicates (they are no
 * events) and, before it adds what came at a clock, closes what is due at or before that clock.
 *
 * - The gap is half-open: an event less than `quietGapMs` after the last one extends the session, one exactly then
 *   finds it closed, and re-opens it.
 * - Until it is complete (a trace: its root has come) only the cap closes it. In whatever order events come, complete
 *   before or after: it closes a gap after the last of them.
 * - Exactly at the cap it closes, even when events keep coming. A first event alone closes at its own gap, or cap.
 * - A closed session takes events until `reopenMs` after its first close, exclusive: one exactly then is late. The
 *   revision closes a gap after the last event, which may be after that limit, and then the session is over.
 * - Only the clock closes: a jump over several moments meets each at its own time, in their order.
 */
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
