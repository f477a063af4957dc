/**
 * Avro's binary encoding, value by value, into one buffer that grows and is used again.
 *
 * What the direct writers of the frequent events (../write-events.ts) are made of: no intermediate objects, no walk over
 * the value before it is written. Bytes and bounds are avsc's. A value that is not of its type throws (a bug of the
 * caller). https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */

/** avsc's own bounds of a long held as a number. */
const MAX_LONG = 9007199254740990;
/** Strings up to this length are mostly names: written by character, in the hope that they are ASCII. */
const SHORT = 40;
/** A buffer that one large event has needed is not kept. */
const KEPT_BYTES = 512 << 10;

let buffer: Buffer = Buffer.allocUnsafeSlow(64 << 10);
let at = 0;

/** Begins a message whose first `header` bytes the caller fills in. */
export function begin(header: number): void {
  at = header;
}

/** The bytes written since `begin`: a copy of its own, which callers may keep or transfer. */
export function finish(): Buffer {
  const bytes = Buffer.copyBytesFrom(buffer, 0, at);
  if (buffer.length > KEPT_BYTES) buffer = Buffer.allocUnsafeSlow(64 << 10);
  return bytes;
}

function room(bytes: number): void {
  if (at + bytes <= buffer.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, at + bytes));
  buffer.copy(grown, 0, 0, at);
  buffer = grown;
}

function invalid(value: unknown, type: string): never {
  throw new Error(`not an Avro ${type}: ${String(value)}`);
}

/** A zigzag varint; the value is whole and within the bounds. */
function varint(value: number): void {
  room(10);
  if (value >= -0x40000000 && value < 0x40000000) {
    let rest = value >= 0 ? value << 1 : (~value << 1) | 1;
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    return;
  }
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  buffer[at++] = rest;
}

export function int(value: number): void {
  if (value !== (value | 0)) invalid(value, 'int');
  varint(value);
}

export function long(value: number): void {
  if (!Number.isInteger(value) || value > MAX_LONG || value < -MAX_LONG) invalid(value, 'long');
  varint(value);
}

/** A long of 64 bits, held as a bigint. */
export function bigLong(value: bigint): void {
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) invalid(value, 'long');
  room(10);
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (rest > 0x7fffffffn) {
    const low = Number(rest & 0xfffffffn);
    buffer[at++] = (low & 0x7f) | 0x80;
    buffer[at++] = ((low >> 7) & 0x7f) | 0x80;
    buffer[at++] = ((low >> 14) & 0x7f) | 0x80;
    buffer[at++] = (low >> 21) | 0x80;
    rest >>= 28n;
  }
  let low = Number(rest);
  while (low > 0x7f) {
    buffer[at++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  buffer[at++] = low;
}

export function double(value: number): void {
  if (typeof value !== 'number') invalid(value, 'double');
  room(8);
  at = buffer.writeDoubleLE(value, at);
}

export function boolean(value: boolean): void {
  if (typeof value !== 'boolean') invalid(value, 'boolean');
  room(1);
  buffer[at++] = value ? 1 : 0;
}

/** UTF-8; a lone surrogate (a string that was cut in the middle of a pair) becomes U+FFFD. */
export function string(value: string): void {
  if (typeof value !== 'string') invalid(value, 'string');
  const { length } = value;
  if (length > SHORT) {
    longString(value);
    return;
  }
  room(1 + length);
  const start = at;
  buffer[at++] = length << 1;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) {
      at = start;
      longString(value);
      return;
    }
    buffer[at++] = code;
  }
}

function longString(value: string): void {
  const good = value.isWellFormed() ? value : value.toWellFormed();
  const bytes = Buffer.byteLength(good);
  room(10 + bytes);
  varint(bytes);
  at += buffer.write(good, at, bytes, 'utf8');
}

/** The position of `value` among the symbols of an enum. */
export function symbol(symbols: readonly string[], value: string): void {
  const index = symbols.indexOf(value);
  if (index < 0) invalid(value, `enum of ${symbols.join(', ')}`);
  varint(index);
}

/** One block of items, then the empty one. */
export function array<T>(items: readonly T[], write: (item: T) => void): void {
  if (!Array.isArray(items)) invalid(items, 'array');
  if (items.length > 0) {
    varint(items.length);
    for (let i = 0; i < items.length; i++) write(items[i]);
  }
  varint(0);
}
