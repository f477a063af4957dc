/** What the allowlist kept back, told in the log: kinds and counts, never keys or values, which may be content. */
import type { Logger } from '#infra/log.ts';
import { type Dropped, nothingDropped } from '#schemas/otlp/dropped.ts';

const EVERY_MS = 60_000;
const KINDS = Object.keys(nothingDropped()) as (keyof Dropped)[];

/** Tells at once, then at most once a minute, with what has come together since. */
export class DroppedNotice {
  readonly #log: Logger;
  #since = nothingDropped();
  #any = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `now` in unix ms. */
  add(dropped: Dropped, now: number): void {
    for (const what of KINDS) {
      this.#since[what] += dropped[what];
      this.#any ||= dropped[what] > 0;
    }
    if (!this.#any || now - this.#toldAt < EVERY_MS) return;
    const kept = Object.fromEntries(Object.entries(this.#since).filter(([, count]) => count > 0));
    this.#log.info({ keptBack: kept }, 'the privacy allowlist kept this back: see docs/privacy.md');
    this.#since = nothingDropped();
    this.#any = false;
    this.#toldAt = now;
  }
}
