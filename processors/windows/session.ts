import { grown } from '../grown.ts';

/** When a session ends. All in ms of the log's clock. */
export interface SessionSettings {
  /** A complete session closes this long after its last event. */
  readonly quietGapMs: number;
  /** Any session closes this long after its first event; as long after its first close its id is remembered. */
  readonly hardCapMs: number;
  /** New events re-open a closed session for this long after its first close. */
  readonly reopenMs: number;
}

/** Bits of a session's state. */
const COMPLETE = 1;
const FRESH = 2;
const OVER = 4;

/**
 * Session windows in processing time of the log, each by a small number: open → closed → re-opened and closed again, each
 * time with a revision → over. They know nothing of what their events are; a trace is one, its spans are the events. The
 * caller drops duplicates (they are no events) and, before it adds what came at a clock, closes what is due at or before
 * that clock.
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
export class Sessions {
  readonly #settings: SessionSettings;
  #firstClock = new Float64Array(64);
  #lastClock = new Float64Array(64);
  #closedAt = new Float64Array(64);
  #state = new Uint8Array(64);

  constructor(settings: SessionSettings) {
    this.#settings = settings;
  }

  /** A new session under a number that is free, with its first event still to be added. */
  begin(session: number, clock: number): void {
    if (session >= this.#state.length) this.#reserve(session + 1);
    this.#firstClock[session] = clock;
    this.#lastClock[session] = clock;
    this.#closedAt[session] = -1;
    this.#state[session] = 0;
  }

  firstClock(session: number): number {
    return this.#firstClock[session];
  }

  /** Clock of the first close; −1 before. */
  closedAt(session: number): number {
    return this.#closedAt[session];
  }

  isComplete(session: number): boolean {
    return (this.#state[session] & COMPLETE) !== 0;
  }

  /** Events came since the last close: at `due` a revision is due (else: its end). */
  isUnrevised(session: number): boolean {
    return (this.#state[session] & (FRESH | OVER)) === FRESH;
  }

  /** True where an event that comes at `clock` is late for it. */
  isLate(session: number, clock: number): boolean {
    const closedAt = this.#closedAt[session];
    return closedAt >= 0 && clock >= closedAt + this.#settings.reopenMs;
  }

  /** Takes an event that is not late. */
  add(session: number, clock: number, completes: boolean): void {
    this.#lastClock[session] = clock;
    this.#state[session] |= completes ? FRESH | COMPLETE : FRESH;
  }

  /** The next moment at which it must be looked at; Infinity when it is over. */
  due(session: number): number {
    const { quietGapMs, hardCapMs, reopenMs } = this.#settings;
    const state = this.#state[session];
    if ((state & OVER) !== 0) return Infinity;
    const gap = this.#lastClock[session] + quietGapMs;
    const closedAt = this.#closedAt[session];
    if (closedAt >= 0) return (state & FRESH) !== 0 ? gap : closedAt + reopenMs;
    const cap = this.#firstClock[session] + hardCapMs;
    return (state & COMPLETE) !== 0 ? Math.min(gap, cap) : cap;
  }

  /** Closes it with what it has. */
  close(session: number, clock: number): void {
    if (this.#closedAt[session] < 0) this.#closedAt[session] = clock;
    this.#state[session] &= ~FRESH;
  }

  /** It takes no more events. */
  end(session: number): void {
    this.#state[session] |= OVER;
  }

  #reserve(sessions: number): void {
    const length = Math.max(sessions, this.#state.length * 2);
    this.#firstClock = grown(this.#firstClock, length);
    this.#lastClock = grown(this.#lastClock, length);
    this.#closedAt = grown(this.#closedAt, length);
    this.#state = grown(this.#state, length);
  }
}

/**
 * Until when (exclusive) the id of a session that first closed at `closedAt` is remembered: an event that comes before
 * is late, one exactly then begins a new session.
 */
export function rememberedUntil(closedAt: number, settings: Pick<SessionSettings, 'hardCapMs'>): number {
  return closedAt + settings.hardCapMs;
}
