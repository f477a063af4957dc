/** Zigzag varints as the records of a batch use them (protobuf's sint32 and sint64). */

/** A position in a buffer; `failed` once a read went past its end or a number was too long. */
export interface Cursor {
  readonly buffer: Buffer;
  at: number;
  failed: boolean;
}

/** Reads a zigzag varint of up to 64 bits (exact within ±2^53). 0 and `failed` when it does not fit. */
export function readVarint(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= cursor.buffer.length) break;
    const byte = cursor.buffer[cursor.at++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  cursor.failed = true;
  return 0;
}

/** Appends the zigzag varint of an integer to `out`. */
export function pushVarint(out: number[], value: number): void {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  while (rest >= 128) {
    out.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}
