/** socket.request.max.bytes of Kafka. */
export const MAX_REQUEST_BYTES = 100 << 20;
/** The shortest request header: API key, version, correlation id, null client id. */
const MIN_REQUEST_BYTES = 10;

/**
 * Cuts a byte stream into length-prefixed frames. A frame within one chunk is a view of it; one across chunks is
 * copied once, when it is complete, so that a claimed length alone costs no memory.
 */
export class Frames {
  #chunks: Buffer[] = [];
  #size = 0;

  /** The frames that `chunk` completes; undefined when the stream cannot be Kafka's. */
  push(chunk: Buffer): Buffer[] | undefined {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Buffer[] = [];
    while (this.#size >= 4) {
      const length = this.#peekLength();
      if (length < MIN_REQUEST_BYTES || length > MAX_REQUEST_BYTES) return undefined;
      if (this.#size < 4 + length) break;
      const bytes = this.#join();
      frames.push(bytes.subarray(4, 4 + length));
      const rest = bytes.subarray(4 + length);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#size = rest.length;
    }
    return frames;
  }

  #peekLength(): number {
    if (this.#chunks[0].length < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0].readInt32BE(0);
  }

  #join(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#size);
  }
}
