/** Reads the zigzag varints of records. `failed` once a read went past the end: what it and later ones gave is nothing. */
export class VarintReader {
  at: number;
  failed = false;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Up to 64 bits, exact within ±2^53. */
  varint(): number {
    const bytes = this.#bytes;
    const byte = bytes[this.at];
    if (byte < 128) {
      this.at++;
      return (byte >>> 1) ^ -(byte & 1);
    }
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10 && this.at < bytes.length; i++) {
      const next = bytes[this.at++];
      value += (next & 0x7f) * scale;
      if (next < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    this.failed = true;
    return 0;
  }

  /** Bytes behind their length; null for the length -1. */
  field(): Buffer | null {
    const size = this.varint();
    if (size === -1) return null;
    const end = this.at + size;
    if (this.failed || size < 0 || end > this.#bytes.length) {
      this.failed = true;
      return null;
    }
    const field = this.#bytes.subarray(this.at, end);
    this.at = end;
    return field;
  }
}
