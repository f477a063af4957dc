/** A message's bytes with some ranges left out or replaced, gathered while walking it and written out once. */

/** Bytes that grow. */
export class Bytes {
  buf: Buffer;
  n = 0;

  constructor(capacity: number) {
    this.buf = Buffer.allocUnsafeSlow(capacity);
  }

  /** Empty again; memory beyond `bytes` is given back. */
  reset(bytes: number): void {
    this.n = 0;
    if (this.buf.length > bytes) this.buf = Buffer.allocUnsafeSlow(bytes);
  }

  room(bytes: number): void {
    if (this.n + bytes <= this.buf.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.n + bytes, this.buf.length * 2));
    this.buf.copy(grown, 0, 0, this.n);
    this.buf = grown;
  }

  copy(from: Buffer, start: number, end: number): void {
    this.room(end - start);
    from.copy(this.buf, this.n, start, end);
    this.n += end - start;
  }

  varint(value: number): void {
    this.room(5);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.buf[this.n++] = (rest & 0x7f) | 0x80;
    this.buf[this.n++] = rest;
  }

  /** A one-byte tag, then the length-delimited bytes. */
  field(tag: number, bytes: Uint8Array): void {
    this.varint(tag);
    this.varint(bytes.length);
    this.room(bytes.length);
    this.buf.set(bytes, this.n);
    this.n += bytes.length;
  }
}

/** Of what is kept from message to message. */
export const MAX_KEPT_BYTES = 64 << 10;

/** Ranges of a source, in order, each replaced by a (perhaps empty) range of `replacement`. */
export class Edits {
  count = 0;
  /** from, to, replacement from, replacement to. */
  #ranges = new Int32Array(256);
  readonly replacement = new Bytes(1024);

  clear(): void {
    this.count = 0;
    this.replacement.n = 0;
  }

  /** Clear, and no larger than at first but for a bound: for one that lives on after a large message. */
  reset(): void {
    this.count = 0;
    this.replacement.reset(MAX_KEPT_BYTES);
    if (this.#ranges.length > MAX_KEPT_BYTES / 4) this.#ranges = new Int32Array(256);
  }

  /** Replaces source[from, to) by what was written to `replacement` since `start`. */
  replace(from: number, to: number, start: number): void {
    const at = this.count * 4;
    if (at === this.#ranges.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.#ranges);
      this.#ranges = grown;
    }
    this.#ranges[at] = from;
    this.#ranges[at + 1] = to;
    this.#ranges[at + 2] = start;
    this.#ranges[at + 3] = this.replacement.n;
    this.count++;
  }

  drop(from: number, to: number): void {
    this.replace(from, to, this.replacement.n);
  }

  /** Length of source[from, to) with the edits since `first`. */
  length(from: number, to: number, first: number): number {
    let length = to - from;
    for (let i = first * 4; i < this.count * 4; i += 4) {
      length += this.#ranges[i + 3] - this.#ranges[i + 2] - (this.#ranges[i + 1] - this.#ranges[i]);
    }
    return length;
  }

  /** Writes source[from, to) with the edits since `first`. */
  write(source: Buffer, from: number, to: number, first: number, into: Bytes): void {
    let kept = from;
    for (let i = first * 4; i < this.count * 4; i += 4) {
      if (this.#ranges[i] > kept) into.copy(source, kept, this.#ranges[i]);
      if (this.#ranges[i + 3] > this.#ranges[i + 2]) {
        // `into` may be `replacement` itself: make room before its buffer is read.
        into.room(this.#ranges[i + 3] - this.#ranges[i + 2]);
        into.copy(this.replacement.buf, this.#ranges[i + 2], this.#ranges[i + 3]);
      }
      kept = this.#ranges[i + 1];
    }
    if (to > kept) into.copy(source, kept, to);
  }

  /** Turns the edits since `first`, inside the message source[from, to), into one of the whole field from `field`. */
  fold(source: Buffer, field: number, tag: number, from: number, to: number, first: number): void {
    if (this.count === first) return;
    const start = this.replacement.n;
    this.replacement.varint(tag);
    this.replacement.varint(this.length(from, to, first));
    this.write(source, from, to, first, this.replacement);
    this.count = first;
    this.replace(field, to, start);
  }
}
