const CHUNK = 8;

/**
 * The lowest offset of ati.signals that still holds anything with a clock above a floor. Sources interleave, so clocks
 * do not rise with offsets; kept per few records.
 */
export class InputFloor {
  #chunks: { offset: number; records: number; clock: number }[] = [];
  #next: number;

  constructor(next: number) {
    this.#next = next;
  }

  /** Offset after the last record. */
  get next(): number {
    return this.#next;
  }

  /** Counts a record; `clock` undefined where it holds nothing. */
  add(offset: number, clock: number | undefined): void {
    this.#next = offset + 1;
    if (clock === undefined) return;
    const last = this.#chunks.at(-1);
    if (last === undefined || last.records >= CHUNK) this.#chunks.push({ offset, records: 1, clock });
    else {
      last.records++;
      last.clock = Math.max(last.clock, clock);
    }
  }

  /** Forgets what is not above `floor`. */
  offset(floor: number): number {
    let gone = 0;
    while (gone < this.#chunks.length && this.#chunks[gone].clock <= floor) gone++;
    if (gone > 0) this.#chunks = this.#chunks.slice(gone);
    return this.#chunks[0]?.offset ?? this.#next;
  }
}
