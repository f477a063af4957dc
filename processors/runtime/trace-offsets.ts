/**
 * Where on a partition of ati.traces the summaries of which clock begin, so that a restart reads back only what may
 * still be a tombstone. An entry says: summaries before this offset are of this clock or an earlier one, or are
 * repeated at or after it.
 */
export class TraceOffsets {
  #entries: { clock: number; offset: number }[];

  constructor(offset: number) {
    this.#entries = [{ clock: -1, offset }];
  }

  add(clock: number, offset: number): void {
    const last = this.#entries[this.#entries.length - 1];
    // One entry per second of clock is close enough.
    if (clock < last.clock || clock >= last.clock + 1000) this.#entries.push({ clock, offset });
  }

  /** An offset before which no summary is later than `clock`. */
  from(clock: number): number {
    let at = this.#entries.length - 1;
    while (at > 0 && this.#entries[at].clock > clock) at--;
    if (at > 0) this.#entries = this.#entries.slice(at);
    return this.#entries[0].offset;
  }
}
