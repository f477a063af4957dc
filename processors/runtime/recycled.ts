/** Smaller ones are rounded up to it, so that most buffers fit most tasks. */
const LEAST_BYTES = 1 << 20;

/**
 * Buffers that come back after use. Fresh memory costs a page fault for each 4 KiB when it is first written: the copies of
 * records for the workers made a twelfth of the processor's CPU by that.
 */
export class RecycledBuffers {
  readonly #kept: ArrayBuffer[] = [];
  readonly #maxBytes: number;
  #bytes = 0;

  /** `maxBytes`: what may be kept of those that are not in use. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** One of `bytes` or more, with anything in it. */
  take(bytes: number): ArrayBuffer {
    const fitting = this.#kept.findIndex((buffer) => buffer.byteLength >= bytes);
    if (fitting < 0) return new ArrayBuffer(Math.max(LEAST_BYTES, bytes));
    const [buffer] = this.#kept.splice(fitting, 1);
    this.#bytes -= buffer.byteLength;
    return buffer;
  }

  /** Nobody uses it any more. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength < LEAST_BYTES || this.#bytes + buffer.byteLength > this.#maxBytes) return;
    this.#bytes += buffer.byteLength;
    this.#kept.push(buffer);
  }
}
