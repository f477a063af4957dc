/** A growing buffer of protobuf fields. */
export class ProtoWriter {
  #buf = Buffer.allocUnsafeSlow(4096);
  #n = 0;

  #room(bytes: number): void {
    if (this.#n + bytes <= this.#buf.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#n + bytes, this.#buf.length * 2));
    this.#buf.copy(grown, 0, 0, this.#n);
    this.#buf = grown;
  }

  #varint(value: number): void {
    this.#room(10);
    for (; value > 0x7f; value = Math.floor(value / 128)) this.#buf[this.#n++] = (value % 128) | 0x80;
    this.#buf[this.#n++] = value;
  }

  varint(tag: number, value: number | bigint): this {
    this.#varint(tag);
    if (typeof value === 'number' && value >= 0) {
      this.#varint(value);
      return this;
    }
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.#buf[this.#n++] = Number(rest & 127n) | 0x80;
    this.#buf[this.#n++] = Number(rest);
    return this;
  }

  fixed64(tag: number, value: bigint): this {
    this.#varint(tag);
    this.#room(8);
    this.#n = this.#buf.writeBigUInt64LE(BigInt.asUintN(64, value), this.#n);
    return this;
  }

  fixed32(tag: number, value: number): this {
    this.#varint(tag);
    this.#room(4);
    this.#n = this.#buf.writeUInt32LE(value >>> 0, this.#n);
    return this;
  }

  double(tag: number, value: number): this {
    this.#varint(tag);
    this.#room(8);
    this.#n = this.#buf.writeDoubleLE(value, this.#n);
    return this;
  }

  bytes(tag: number, value: Uint8Array): this {
    this.#varint(tag);
    this.#varint(value.length);
    this.#room(value.length);
    this.#buf.set(value, this.#n);
    this.#n += value.length;
    return this;
  }

  /** Fields that are encoded already. */
  raw(fields: Uint8Array): this {
    this.#room(fields.length);
    this.#buf.set(fields, this.#n);
    this.#n += fields.length;
    return this;
  }

  string(tag: number, value: string): this {
    const length = Buffer.byteLength(value);
    this.#varint(tag);
    this.#varint(length);
    this.#room(length);
    this.#n += this.#buf.write(value, this.#n);
    return this;
  }

  /** A nested message, written by `body`. */
  message(tag: number, body: () => void): this {
    this.#varint(tag);
    this.#room(1);
    const start = ++this.#n;
    body();
    const length = this.#n - start;
    if (length < 0x80) {
      this.#buf[start - 1] = length;
      return this;
    }
    // The length needs more than the byte that was kept for it.
    let extra = 0;
    for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 128)) extra++;
    this.#room(extra);
    this.#buf.copyWithin(start + extra, start, this.#n);
    const end = this.#n + extra;
    this.#n = start - 1;
    this.#varint(length);
    this.#n = end;
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buf, 0, this.#n);
  }
}
