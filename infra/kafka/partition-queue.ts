/** One task at a time per key, in the order of the calls; a task of several keys waits for all of them. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** The result of `task`, which starts when every earlier task of one of these keys has ended. */
  async run<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#tails.get(key));
    const mine = Promise.all(before).then(task);
    // What waits for this task needs its end, not its error.
    const end = mine.catch(() => undefined);
    for (const key of keys) this.#tails.set(key, end);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (this.#tails.get(key) === end) this.#tails.delete(key);
    }
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
