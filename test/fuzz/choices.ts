/** Bytes read as choices, so that what is built of them (SQL, URLs, command lines) mutates and shrinks as bytes do. */
export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** 0 when there are no more: the simplest choice. */
  byte(): number {
    return this.#at < this.#bytes.length ? this.#bytes[this.#at++] : 0;
  }

  /** In [0, limit), of up to 256. */
  below(limit: number): number {
    return this.byte() % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** The next `length` bytes, or what is left. */
  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += taken.length;
    return taken;
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length);
  }

  /** Of up to 255 bytes, read as UTF-8. */
  text(): string {
    return Buffer.from(this.take(this.byte())).toString();
  }
}
