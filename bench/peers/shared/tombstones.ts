/**
 * Ids of closed traces, each until its expiry (ms of the log's clock), so that a straggling span starts no ghost trace.
 * One for each tenant and trace id; a later expiry wins.
 */
export class Tombstones {
  readonly #expiry = new Map<string, number>();

  get size(): number {
    return this.#expiry.size;
  }

  add(order: string, expiry: number): void {
    const known = this.#expiry.get(order);
    if (known !== undefined && known >= expiry) return;
    // Put at the end again: the map stays nearly in order of expiry, which `purge` relies on for speed alone.
    this.#expiry.delete(order);
    this.#expiry.set(order, expiry);
  }

  covers(order: string, clock: number): boolean {
    const expiry = this.#expiry.get(order);
    return expiry !== undefined && clock < expiry;
  }

  /** Frees what has expired, from the oldest on; an expired one that stays covers nothing. */
  purge(clock: number): void {
    for (const [order, expiry] of this.#expiry) {
      if (expiry > clock) return;
      this.#expiry.delete(order);
    }
  }
}
