import { readInt64 } from './int64.ts';

/**
 * Reads Kafka's primitive types from a request body, never past its end.
 *
 * A read that does not fit sets `failed` and gives an empty value, as do all reads after it: decode the whole
 * request, then look at `failed` once. Byte fields are views of the request's buffer, not copies.
 */
export class Reader {
  failed = false;
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at = 0) {
    this.#buffer = buffer;
    this.#at = at;
  }

  /** True when `size` more bytes are there; they are consumed. */
  #take(size: number): number {
    const at = this.#at;
    if (this.failed || size < 0 || size > this.#buffer.length - at) {
      this.failed = true;
      return -1;
    }
    this.#at = at + size;
    return at;
  }

  int8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#buffer.readInt8(at);
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#buffer.readInt16BE(at);
  }

  int32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#buffer.readInt32BE(at);
  }

  int64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : readInt64(this.#buffer, at);
  }

  nullableString(): string | null {
    const size = this.int16();
    if (size === -1) return null;
    const at = this.#take(size);
    return at < 0 ? null : this.#buffer.toString('utf8', at, at + size);
  }

  string(): string {
    const value = this.nullableString();
    if (value === null) this.failed = true;
    return value ?? '';
  }

  nullableBytes(): Buffer | null {
    const size = this.int32();
    if (size === -1) return null;
    const at = this.#take(size);
    return at < 0 ? null : this.#buffer.subarray(at, at + size);
  }

  bytes(): Buffer {
    const value = this.nullableBytes();
    if (value === null) this.failed = true;
    return value ?? Buffer.alloc(0);
  }

  /** Elements read by `read`; null for Kafka's null array. A count that cannot fit in what is left fails. */
  nullableArray<T>(read: () => T): T[] | null {
    const count = this.int32();
    if (count === -1) return null;
    if (this.failed || count < 0 || count > this.#buffer.length - this.#at) {
      this.failed = true;
      return null;
    }
    const items: T[] = [];
    for (let i = 0; i < count && !this.failed; i++) items.push(read());
    return items;
  }

  array<T>(read: () => T): T[] {
    const items = this.nullableArray(read);
    if (items === null) this.failed = true;
    return items ?? [];
  }
}
