/**
 * A pool of slots with one first-in-first-out queue: at most `size` holders at a time. What waits really waits,
 * which is how fan-out collapse and starvation come about.
 */
export class Slots {
  readonly size: number;
  /** What it is a pool of, for whoever measures it. */
  readonly name: string;
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number, name = 'slots') {
    this.size = size;
    this.name = name;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get held(): number {
    return this.#held;
  }

  /** Runs `work` once a slot is free, and frees it afterwards, also when `work` throws. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    await this.#acquire();
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #acquire(): Promise<void> | undefined {
    if (this.#held < this.size) {
      this.#held++;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    // The slot passes straight to the first in the queue: nobody may overtake it.
    const next = this.#waiting.shift();
    if (next) next();
    else this.#held--;
  }
}
