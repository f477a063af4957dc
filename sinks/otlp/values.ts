/** Single values of OTLP messages as ClickHouse stores them. */
import { uint32 } from '#schemas/otlp/wire.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';

/** A DateTime64(9): signed nanoseconds, so what an unsigned time has above 2^63 becomes the greatest (year 2262). */
export function writeTime(out: RowBuffer, low: number, high: number): void {
  if (high > 0x7fffffff) out.words(0xffffffff, 0x7fffffff);
  else out.words(low, high);
}

/** The fixed64 time at b[at], if `at` is not negative and the time is not 0: else unix milliseconds `elseMs`. */
export function writeTimeOr(out: RowBuffer, b: Uint8Array, at: number, elseMs: number): void {
  if (isTime(b, at)) writeTime(out, uint32(b, at), uint32(b, at + 4));
  else out.int64(BigInt(Math.trunc(elseMs)) * 1_000_000n);
}

/** Is a time set there? OTLP: 0 is unknown. */
export function isTime(b: Uint8Array, at: number): boolean {
  return at >= 0 && (uint32(b, at) !== 0 || uint32(b, at + 4) !== 0);
}

/** The id b[from, to) in hex; empty where it is none: of another size, or all zeros (OTLP: as if it were not there). */
export function writeId(out: RowBuffer, b: Uint8Array, from: number, to: number, bytes: number): void {
  let none = to - from !== bytes;
  if (!none) {
    let at = from;
    while (at < to && b[at] === 0) at++;
    none = at === to;
  }
  if (none) out.uint8(0);
  else out.hex(b, from, to);
}

/** A sint32 of its varint. */
export function zigzag(varint: number): number {
  const low = varint % 2 ** 32;
  return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
}
