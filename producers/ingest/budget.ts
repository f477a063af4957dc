/**
 * The bound on bytes in flight: of all requests between their first byte and their answer. Reserved before a body
 * is read, so that memory stays bounded however many clients send at once and however slow the log is.
 */
import type { Refusal } from './refusal.ts';
import { unavailable } from './refusal.ts';

export class ByteBudget {
  readonly #total: number;
  readonly #perClient: number;
  readonly #byClient = new Map<string, number>();
  #inFlight = 0;

  /** In bytes. One client may hold `perClient` of `total`, so that it cannot shut out the others. */
  constructor(total: number, perClient: number) {
    this.#total = total;
    this.#perClient = perClient;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  reservation(client: string): Reservation {
    return new Reservation((change) => this.#change(client, change));
  }

  #change(client: string, change: number): Refusal | undefined {
    const held = this.#byClient.get(client) ?? 0;
    if (change > 0) {
      if (this.#inFlight + change > this.#total)
        return unavailable('too many bytes are waiting to reach the log');
      if (held + change > this.#perClient)
        return { status: 429, message: 'this client has too many bytes in flight', retryAfter: 1 };
    }
    this.#inFlight += change;
    if (held + change === 0) this.#byClient.delete(client);
    else this.#byClient.set(client, held + change);
    return undefined;
  }
}

/** What one request holds of the budget. */
export class Reservation {
  readonly #change: (change: number) => Refusal | undefined;
  #held = 0;

  constructor(change: (change: number) => Refusal | undefined) {
    this.#change = change;
  }

  /** Bytes. */
  get held(): number {
    return this.#held;
  }

  /** Holds `bytes` in all from now on; on a refusal what was held stays held. */
  resize(bytes: number): Refusal | undefined {
    const refusal = this.#change(bytes - this.#held);
    if (refusal === undefined) this.#held = bytes;
    return refusal;
  }

  release(): void {
    this.resize(0);
  }
}
