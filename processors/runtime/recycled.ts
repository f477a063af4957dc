/** Sizes are powers of two from here on, so that most buffers fit most tasks. */
const LEAST_BYTES = 1 << 20;

/**
 * Buffers that come back after use. Fresh memory costs a page fault for each 4 KiB when it is first written: the copies of
 * records for the workers made a twelfth of the processor's CPU by that. What of a buffer is never written costs nothing.
 */
export class RecycledBuffers {
  /** The one that was given back last is at the end. */
  readonly #kept: ArrayBuffer[] = [];
  readonly #maxBytes: number;
  #bytes = 0;

  /** `maxBytes`: what may be kept of those that are not in use. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** One of `bytes` or more, with anything in it: the smallest that fits, of these the one used last. */
  take(bytes: number): ArrayBuffer {
    const kept = this.#kept;
    let best = -1;
    for (let i = kept.length - 1; i >= 0; i--) {
      const size = kept[i].byteLength;
      if (size >= bytes && (best < 0 || size < kept[best].byteLength)) best = i;
    }
    return best < 0 ? new ArrayBuffer(roundedUp(bytes)) : this.#remove(best);
  }

  /** Nobody uses it any more. Where it is too much, those that were not used for longest go. */
  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength;
    if (size < LEAST_BYTES || size > this.#maxBytes) return;
    while (this.#bytes + size > this.#maxBytes) this.#remove(0);
    this.#bytes += size;
    this.#kept.push(buffer);
  }

  #remove(at: number): ArrayBuffer {
    const [buffer] = this.#kept.splice(at, 1);
    this.#bytes -= buffer.byteLength;
    return buffer;
  }
}

function roundedUp(bytes: number): number {
  let size = LEAST_BYTES;
  while (size < bytes) size *= 2;
  return size;
}
