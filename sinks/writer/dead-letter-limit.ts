/**
 * Stops a consumer before a whole topic drains into the dead letters: a wrong schema or a wrong table is not a bad
 * record. Counts the recent past: both counts are halved each `window` records.
 */
export class DeadLetterLimit {
  #records = 0;
  #bad = 0;
  readonly #minimum: number;
  readonly #ratio: number;
  readonly #window: number;

  /** More than `ratio` of the recent records, and at least `minimum` of them. */
  constructor({ minimum = 100, ratio = 0.2, window = 2_000 } = {}) {
    this.#minimum = minimum;
    this.#ratio = ratio;
    this.#window = window;
  }

  /** Counts records that have been read. */
  read(records: number): void {
    this.#records += records;
    while (this.#records > this.#window) {
      this.#records /= 2;
      this.#bad /= 2;
    }
  }

  /** Counts bad ones among them; false when that is too many. */
  bad(records: number): boolean {
    this.#bad += records;
    return this.#bad < this.#minimum || this.#bad <= this.#records * this.#ratio;
  }
}
