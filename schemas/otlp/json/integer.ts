/** Decimal digits → 64-bit integers, without a bigint for each: a body has two or three a span. */

/** The low and the high half of the integer that was read last, in two's complement. */
export const word = new Uint32Array(2);

/** A number of 64 bits without a sign. */
interface Halves {
  readonly low: number;
  readonly high: number;
}
const halvesOf = (magnitude: bigint): Halves => ({
  low: Number(magnitude & 0xffffffffn),
  high: Number(magnitude >> 32n),
});

export class IntegerRange {
  readonly least: bigint;
  readonly greatest: bigint;
  /** Of the negative ones, the greatest without its sign. */
  readonly below: Halves;
  readonly above: Halves;

  constructor(least: bigint, greatest: bigint) {
    this.least = least;
    this.greatest = greatest;
    this.below = halvesOf(-least);
    this.above = halvesOf(greatest);
  }
}
export const UINT32 = new IntegerRange(0n, 2n ** 32n - 1n);
export const INT32 = new IntegerRange(-(2n ** 31n), 2n ** 31n - 1n);
export const UINT64 = new IntegerRange(0n, 2n ** 64n - 1n);
export const INT64 = new IntegerRange(-(2n ** 63n), 2n ** 63n - 1n);
/** Enumerations. */
export const UINT31 = new IntegerRange(0n, 2n ** 31n - 1n);

const MAX_DIGITS = 20;
const MINUS = 0x2d;
const ZERO = 0x30;
const TWO_32 = 2 ** 32;

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
  const bound = negative ? range.below : range.above;
  if (high > bound.high || (high === bound.high && low > bound.low)) return false;
  if (negative) {
    high = (-high - (low === 0 ? 0 : 1)) >>> 0;
    low = -low >>> 0;
  }
  word[0] = low;
  word[1] = high;
  return true;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Zeros beyond are nobody's number, and time. */
const MAX_DECIMAL_LENGTH = 1_000;

/** The same of one with a fraction or an exponent (`1.0`, `1e3`), as exactly: it is read as the digits that it means. */
export function takeDecimal(text: string, range: IntegerRange): boolean {
  if (text.length > MAX_DECIMAL_LENGTH) return false;
  const [, sign, whole, fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return false;
  const digits = whole + fraction;
  let from = 0;
  while (from < digits.length && digits[from] === '0') from++;
  let to = digits.length;
  while (to > from && digits[to - 1] === '0') to--;
  const zeros = Number(exponent) - fraction.length + digits.length - to;
  const isZero = from === to;
  if (!isZero && (zeros < 0 || to - from + zeros > MAX_DIGITS)) return false;
  const plain = isZero ? '0' : sign + digits.slice(from, to) + '0'.repeat(zeros);
  return readInteger(Buffer.from(plain), 0, plain.length, range);
}

const doubleView = new DataView(new ArrayBuffer(8));

/** The bits of a double, into `word`. */
export function takeDouble(value: number): void {
  doubleView.setFloat64(0, value, true);
  word[0] = doubleView.getUint32(0, true);
  word[1] = doubleView.getUint32(4, true);
}
