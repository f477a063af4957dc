import { grown } from '../grown.ts';

const CHUNK = 8;

/**
 * The lowest offset of ati.signals that still holds anything with a clock above a floor. Sources interleave, so clocks
 * do not rise with offsets; kept per few records.
 */
export class InputFloor {
  /** Of each chunk: its first offset and its greatest clock. */
  #offsets = new Float64Array(64);
  #clocks = new Float64Array(64);
  #head = 0;
  #tail = 0;
  /** In the last chunk. */
  #records = CHUNK;
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
    if (this.#head === this.#tail || this.#records >= CHUNK) this.#begin(offset, clock);
    else {
      const last = this.#tail - 1;
      this.#clocks[last] = Math.max(this.#clocks[last], clock);
      this.#records++;
    }
  }

  /** Forgets what is not above `floor`. */
  offset(floor: number): number {
    while (this.#head < this.#tail && this.#clocks[this.#head] <= floor) this.#head++;
    return this.#head < this.#tail ? this.#offsets[this.#head] : this.#next;
  }

  #begin(offset: number, clock: number): void {
    if (this.#tail === this.#offsets.length) this.#makeRoom();
    this.#offsets[this.#tail] = offset;
    this.#clocks[this.#tail] = clock;
    this.#tail++;
    this.#records = 1;
  }

  /** Moves what is kept to the front; without much to gain from that, doubles the columns. */
  #makeRoom(): void {
    const head = this.#head;
    if (head * 2 < this.#tail) {
      this.#offsets = grown(this.#offsets, this.#tail * 2);
      this.#clocks = grown(this.#clocks, this.#tail * 2);
      return;
    }
    this.#offsets.copyWithin(0, head);
    this.#clocks.copyWithin(0, head);
    this.#tail -= head;
    this.#head = 0;
  }
}
