import type { PositionedIncident } from '../../incidents/tail.ts';

export class SlowClientError extends Error {
  override readonly name = 'SlowClientError';
}

/** Incidents may wait for a client, but not without end. */
const MAX_WAITING = 1_000;

/** What one client has not been sent yet. */
export class ClientQueue {
  readonly #waiting: PositionedIncident[] = [];
  readonly #signal: AbortSignal;
  readonly #onOverrun: () => void;
  #overrun = false;
  #wake: () => void = () => {};

  /** `onOverrun`: too many are waiting; whoever waits for the client must stop to. */
  constructor(signal: AbortSignal, onOverrun: () => void = () => {}) {
    this.#signal = signal;
    this.#onOverrun = onOverrun;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  push(item: PositionedIncident): void {
    if (this.#overrun) return;
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(item);
    else {
      this.#overrun = true;
      this.#waiting.length = 0;
      this.#onOverrun();
    }
    this.#wake();
  }

  /** Until the signal; throws SlowClientError once too many have waited. */
  async *items(): AsyncGenerator<PositionedIncident> {
    while (!this.#signal.aborted) {
      if (this.#overrun) throw new SlowClientError(`more than ${MAX_WAITING} incidents were waiting`);
      const item = this.#waiting.shift();
      if (item !== undefined) yield item;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
