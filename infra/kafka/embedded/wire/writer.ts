import { writeInt64 } from './int64.ts';

/** Byte fields from this size on go out as they are, in a piece of their own, instead of being copied. */
const BY_REFERENCE = 1024;

/** Writes Kafka's primitive types into pieces that a socket takes with one gathered write. */
export class Writer {
  readonly #pieces: Buffer[] = [];
  #current = Buffer.allocUnsafe(512);
  #start = 0;
  #at = 0;
  #size = 0;

  #room(size: number): number {
    if (this.#current.length - this.#at < size) {
      this.#cut();
      this.#current = Buffer.allocUnsafe(Math.max(size, 2048));
      this.#start = 0;
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += size;
    this.#size += size;
    return at;
  }

  #cut(): void {
    if (this.#at > this.#start) this.#pieces.push(this.#current.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#current.writeInt8(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#current.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#room(4);
    this.#current.writeInt32BE(value, at);
    return this;
  }

  int64(value: number): this {
    const at = this.#room(8);
    writeInt64(this.#current, value, at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const size = Buffer.byteLength(value);
    this.int16(size);
    const at = this.#room(size);
    this.#current.write(value, at, 'utf8');
    return this;
  }

  bytes(value: Buffer | null): this {
    if (value === null) return this.int32(-1);
    this.int32(value.length);
    if (value.length >= BY_REFERENCE) {
      this.#cut();
      this.#pieces.push(value);
      this.#size += value.length;
    } else if (value.length > 0) {
      const at = this.#room(value.length);
      value.copy(this.#current, at);
    }
    return this;
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** All that was written, in order. */
  pieces(): Buffer[] {
    this.#cut();
    return this.#pieces;
  }
}
