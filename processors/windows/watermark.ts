/** A source of which nothing was heard yet. Below every clock, so that a watermark waits for it. */
export const UNHEARD = -1;

/** What a clock shows after it was told `heard`: a clock never goes back. */
export function onward(clock: number, heard: number): number {
  return Math.max(clock, heard);
}

/**
 * True where a clock that went from `before` to `after` has entered another interval of `everyMs`, and so is told on.
 * Intervals are epoch-aligned and half-open: exactly at a multiple of `everyMs` a new one begins. One jump over many
 * intervals is told once; a clock that stands still is not told.
 */
export function isToldOn(before: number, after: number, everyMs: number): boolean {
  return Math.floor(after / everyMs) > Math.floor(before / everyMs);
}

/**
 * The least clock of several sources (Flink's watermark over partitions): nothing with a lesser clock will come.
 *
 * - A source never heard of holds it at −1.
 * - A source that is idle holds it where that source's clock stands, until a tick (a clock without data) moves it.
 * - A clock that goes back is ignored, so the watermark never falls. A jump forward of one source moves it as far as
 *   the next slowest one.
 * - Without any source there is nothing to wait for: Infinity.
 */
export class Watermark {
  readonly #clocks: Float64Array;
  #time: number;

  constructor(sources: number) {
    this.#clocks = new Float64Array(sources).fill(UNHEARD);
    this.#time = sources === 0 ? Infinity : UNHEARD;
  }

  /** ms. */
  get time(): number {
    return this.#time;
  }

  /** Tells the clock of a source; `source` is from 0 to below their number. */
  hear(source: number, clock: number): void {
    const before = this.#clocks[source];
    const after = onward(before, clock);
    this.#clocks[source] = after;
    // Only the slowest source holds it.
    if (before === this.#time && after > before) this.#time = least(this.#clocks);
  }
}

function least(clocks: Float64Array): number {
  let time = Infinity;
  for (const clock of clocks) if (clock < time) time = clock;
  return time;
}
