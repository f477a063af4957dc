/** Decimal digits → 64-bit integers, without a bigint for each: a body has two or three a span. */

/** The low and the high half of the integer that was read last, in two's complement. */
export const word = new Uint32Array(2);

export interface IntegerRange {
  readonly least: bigint;
  readonly greatest: bigint;
}
export const UINT32: IntegerRange = { least: 0n, greatest: 2n ** 32n - 1n };
export const INT32: IntegerRange = { least: -(2n ** 31n), greatest: 2n ** 31n - 1n };
export const UINT64: IntegerRange = { least: 0n, greatest: 2n ** 64n - 1n };
export const INT64: IntegerRange = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n };
/** Enumerations. */
export const UINT31: IntegerRange = { least: 0n, greatest: 2n ** 31n - 1n };

const MAX_DIGITS = 20;
const MINUS = 0x2d;
const ZERO = 0x30;
const TWO_32 = 2 ** 32;
const SIGN = 2 ** 31;

/** Reads b[from, to) into `word`: perhaps a minus, then at most 20 digits. False where it is another text, or out of the range. */
export function readInteger(b: Uint8Array, from: number, to: number, range: IntegerRange): boolean {
  const negative = b[from] === MINUS;
  const first = negative ? from + 1 : from;
  if (to === first || to - first > MAX_DIGITS) return false;
  let low = 0;
  let high = 0;
  // Six digits at once keep every product exact.
  for (let p = first; p < to; ) {
    let digits = 0;
    let scale = 1;
    for (const end = Math.min(p + 6, to); p < end; p++) {
      const digit = b[p] - ZERO;
      if (digit < 0 || digit > 9) return false;
      digits = digits * 10 + digit;
      scale *= 10;
    }
    const product = low * scale + digits;
    low = product >>> 0;
    high = high * scale + (product - low) / TWO_32;
  }
  if (high >= TWO_32) return false;
  if (negative && (low !== 0 || high !== 0)) {
    if (range.least === 0n || high > SIGN || (high === SIGN && low !== 0)) return false;
    high = TWO_32 - high - (low === 0 ? 0 : 1);
    low = -low >>> 0;
    high >>>= 0;
    if (range === INT32 && (high !== TWO_32 - 1 || low < SIGN)) return false;
  } else if (range !== UINT64) {
    if (range === INT64) {
      if (high >= SIGN) return false;
    } else if (high > 0 || (range !== UINT32 && low >= SIGN)) return false;
  }
  word[0] = low;
  word[1] = high;
  return true;
}

/** The same of a number that JSON gave with a fraction or an exponent: `1.0`, `1e3`. */
export function takeInteger(value: number, { least, greatest }: IntegerRange): boolean {
  if (!Number.isInteger(value)) return false;
  const integer = BigInt(value);
  if (integer < least || integer > greatest) return false;
  const bits = BigInt.asUintN(64, integer);
  word[0] = Number(bits & 0xffffffffn);
  word[1] = Number(bits >> 32n);
  return true;
}

const doubleView = new DataView(new ArrayBuffer(8));

/** The bits of a double, into `word`. */
export function takeDouble(value: number): void {
  doubleView.setFloat64(0, value, true);
  word[0] = doubleView.getUint32(0, true);
  word[1] = doubleView.getUint32(4, true);
}
