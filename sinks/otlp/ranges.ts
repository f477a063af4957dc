/** Bounds of the values of one repeated field: from, to, from, to … Kept and filled again: `n = 0` empties it. */
export class Ranges {
  #bounds = new Int32Array(64);
  n = 0;

  add(from: number, to: number): void {
    if (this.n * 2 + 2 > this.#bounds.length) {
      const grown = new Int32Array(this.#bounds.length * 2);
      grown.set(this.#bounds);
      this.#bounds = grown;
    }
    this.#bounds[this.n * 2] = from;
    this.#bounds[this.n * 2 + 1] = to;
    this.n++;
  }

  from(i: number): number {
    return this.#bounds[i * 2];
  }

  to(i: number): number {
    return this.#bounds[i * 2 + 1];
  }
}
