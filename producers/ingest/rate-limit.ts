/** How much a tenant may send: a token bucket of decompressed bytes, which holds one second's worth. */
import type { Refusal } from './refusal.ts';

interface Bucket {
  /** Bytes that may pass now; below zero after a body that was larger than what was left. */
  level: number;
  /** Unix ms of `level`. */
  at: number;
}

export class ByteRate {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  /** As many as there are tenants with a token. */
  readonly #buckets = new Map<string, Bucket>();

  /** `bytesPerSecond` 0: no limit. `now` in unix ms. */
  constructor(bytesPerSecond: number, now: () => number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
  }

  /**
   * Takes `bytes`, or says when to come again. Whoever has anything left may pass, with a body of any size, and pays
   * for it before the next: no body is too large to ever pass, and the mean over time is the limit. 0 bytes ask only.
   */
  take(tenant: string, bytes: number): Refusal | undefined {
    if (this.#bytesPerSecond === 0) return undefined;
    const bucket = this.#filled(tenant);
    if (bucket.level > 0) {
      bucket.level -= bytes;
      return undefined;
    }
    // One byte more than the debt must have come in.
    const retryAfter = Math.ceil((1 - bucket.level) / this.#bytesPerSecond);
    return {
      status: 429,
      message: `this tenant may send ${this.#bytesPerSecond} bytes a second, decompressed`,
      retryAfter,
    };
  }

  #filled(tenant: string): Bucket {
    const now = this.#now();
    let bucket = this.#buckets.get(tenant);
    if (bucket === undefined) {
      bucket = { level: this.#bytesPerSecond, at: now };
      this.#buckets.set(tenant, bucket);
    }
    // A clock that was set back gives nothing and takes nothing.
    const seconds = Math.max(0, now - bucket.at) / 1000;
    bucket.level = Math.min(this.#bytesPerSecond, bucket.level + seconds * this.#bytesPerSecond);
    bucket.at = now;
    return bucket;
  }
}
