/** Lets one event of a kind through per interval, so that a flood of requests is no flood of log lines. */
export class Throttle {
  readonly #intervalMs: number;
  readonly #last = new Map<string | number, { at: number; held: number }>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** How many events of this kind were held back since the last that passed; undefined: hold this one back. */
  pass(kind: string | number, now: number): number | undefined {
    const last = this.#last.get(kind);
    if (last !== undefined && now - last.at < this.#intervalMs) {
      last.held++;
      return undefined;
    }
    this.#last.set(kind, { at: now, held: 0 });
    return last?.held ?? 0;
  }
}
