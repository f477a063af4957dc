/**
 * Protobuf's wire format, bounds-checked: every read knows the end of the message it is in and never passes it.
 *
 * Readers return the value and leave the position behind it in `next` (an object per value costs more than the read).
 * Malformed bytes throw `WireFault`, which the edges (`skimSpans`, `splitTraces`, …) catch with `guarded` and turn
 * into an error value; good bytes pay nothing for it. https://protobuf.dev/programming-guides/encoding/
 */

/** Thrown inside this folder only. Not an Error: a hostile body must not make us capture stacks. */
export class WireFault {
  readonly what: string;
  /** Byte of the body. */
  readonly offset: number;

  constructor(what: string, offset: number) {
    this.what = what;
    this.offset = offset;
  }
}

export type Failure = { ok: false; reason: string };

/** Runs `read`; malformed bytes become a reason, every other throw is a bug and goes on. */
export function guarded<T>(read: () => T): T | Failure {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireFault) return { ok: false, reason: `${error.what} at byte ${error.offset}` };
    throw error;
  }
}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;
/** A byte of a longer number, and the least tag that there is. */
export const LONG = 0x80;
export const FIRST_TAG = 8;

/** The position behind the value that was read last. */
export let next = 0;

/**
 * A varint as a number: exact below 2^53 (tags, lengths, enums, counts), nearest above. Bits past 64 are malformed.
 * `end` is the end of the enclosing message.
 */
export function varint(b: Uint8Array, p: number, end: number): number {
  if (p < end) {
    const first = b[p];
    if (first < 0x80) {
      next = p + 1;
      return first;
    }
    if (p + 1 < end) {
      const second = b[p + 1];
      if (second < 0x80) {
        next = p + 2;
        return (first & 0x7f) | (second << 7);
      }
    }
  }
  return longVarint(b, p, end);
}

function longVarint(b: Uint8Array, p: number, end: number): number {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < 10; i++) {
    if (p + i >= end) throw new WireFault('truncated number', p);
    const byte = b[p + i];
    if (i === 9 && byte > 1) break;
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) {
      next = p + i + 1;
      return value;
    }
  }
  throw new WireFault('number of more than 64 bits', p);
}

/** A varint as a signed 64-bit integer: a number where that is exact, else a bigint. */
export function int64(b: Uint8Array, p: number, end: number): number | bigint {
  const value = varint(b, p, end);
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  let exact = 0n;
  for (let i = next - 1; i >= p; i--) exact = (exact << 7n) | BigInt(b[i] & 0x7f);
  const signed = BigInt.asIntN(64, exact);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

/** A field's tag: field number × 8 + wire type. */
export function tag(b: Uint8Array, p: number, end: number): number {
  const value = varint(b, p, end);
  if (value < 8 || value > 0xffffffff) throw new WireFault('field number out of range', p);
  return value;
}

/** The end of a length-delimited value; `next` is its start. */
export function lengthEnd(b: Uint8Array, p: number, end: number): number {
  const length = varint(b, p, end);
  if (length > end - next) throw new WireFault('length past the end of its message', p);
  return next + length;
}

/** The position behind `size` bytes at `p`. */
export function past(p: number, size: number, end: number): number {
  if (size > end - p) throw new WireFault('truncated value', p);
  return p + size;
}

/** The position behind a value of any field; groups are refused (OTLP never had them). */
export function skip(b: Uint8Array, p: number, end: number, fieldTag: number): number {
  switch (fieldTag & 7) {
    case VARINT:
      varint(b, p, end);
      return next;
    case FIXED64:
      return past(p, 8, end);
    case BYTES:
      return lengthEnd(b, p, end);
    case FIXED32:
      return past(p, 4, end);
    default:
      throw new WireFault('group or unknown wire type', p);
  }
}

/** 32 bits, little endian, unsigned; the caller has checked the bounds. */
export function uint32(b: Uint8Array, p: number): number {
  return (b[p] | (b[p + 1] << 8) | (b[p + 2] << 16) | (b[p + 3] << 24)) >>> 0;
}

/** 64 bits, little endian, unsigned; the caller has checked the bounds. */
export function uint64(b: Uint8Array, p: number): bigint {
  return (BigInt(uint32(b, p + 4)) << 32n) | BigInt(uint32(b, p));
}

const doubleBytes = new Uint8Array(8);
const doubleView = new DataView(doubleBytes.buffer);

/** A double; the caller has checked the bounds. */
export function double(b: Uint8Array, p: number): number {
  for (let i = 0; i < 8; i++) doubleBytes[i] = b[p + i];
  return doubleView.getFloat64(0, true);
}

/** UTF-8 text of b[from, to); broken sequences become U+FFFD. */
export function text(b: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.utf8Slice.call(b, from, to);
}

/** Lower-case hex of b[from, to). */
export function hex(b: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.hexSlice.call(b, from, to);
}
