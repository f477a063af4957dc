/** Reads JSON bytes in place: where strings, numbers and lists go on and end. The bytes are known to be UTF-8. */
import { text } from '../wire.ts';

/** Thrown within the JSON converter only. */
export class JsonFault {
  /** Byte of the body. */
  readonly offset: number;
  /** What the value there must be; undefined where it is no JSON. */
  readonly what: string | undefined;

  constructor(offset: number, what?: string) {
    this.offset = offset;
    this.what = what;
  }
}

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const BACKSLASH = 0x5c;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN = 0x7b;
export const CLOSE = 0x7d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** Of `e` and `E`, with this bit. */
const EXPONENT = 0x65;
const LOWER_CASE = 0x20;
export const TRUE = Buffer.from('true');
export const FALSE = Buffer.from('false');
export const NULL = Buffer.from('null');
/** Bytes below are white space, or control characters, which JSON has nowhere. */
const SPACE = 0x20;

/** By byte: its value as a hex digit, -1 for none. */
export const NIBBLES = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16);
  NIBBLES[digit.charCodeAt(0)] = i;
  NIBBLES[digit.toUpperCase().charCodeAt(0)] = i;
}

/** The next byte that is no white space, from p on. There must be one: throws a JsonFault at the end of the body. */
export function token(b: Uint8Array, p: number): number {
  return p < b.length && b[p] > SPACE ? p : pastSpace(b, p);
}

function pastSpace(b: Uint8Array, p: number): number {
  for (let at = p; at < b.length; at++) {
    if (b[at] > SPACE) return at;
    if (!isSpace(b[at])) break;
  }
  throw new JsonFault(p);
}

const isSpace = (byte: number) => byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Throws a JsonFault where more than white space follows from p on. */
export function nothing(b: Uint8Array, p: number): void {
  for (let at = p; at < b.length; at++) if (!isSpace(b[at])) throw new JsonFault(at);
}

/** The first item of the list at p, or the bracket that ends it. */
export function firstItem(b: Uint8Array, p: number): number {
  if (b[p] !== OPEN_LIST) throw new JsonFault(p, 'must be an array');
  return token(b, p + 1);
}

/** The item after the one that ends at p, or the bracket that ends the list. */
export function nextItem(b: Uint8Array, p: number): number {
  const at = token(b, p);
  if (b[at] === CLOSE_LIST) return at;
  if (b[at] !== COMMA) throw new JsonFault(at);
  const item = token(b, at + 1);
  if (b[item] === CLOSE_LIST) throw new JsonFault(item);
  return item;
}

/** Does this byte of a string stand for itself? */
export const isText = (byte: number) => byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE;

/** Is one of four bytes none that stands for itself? May be wrong, but never where one is. */
export function mayEndText(four: number): boolean {
  const quote = four ^ 0x22222222;
  const backslash = four ^ 0x5c5c5c5c;
  const some =
    ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | ((four - 0x20202020) & ~four);
  return (some & 0x80808080) !== 0;
}

/** A backslash was before the end that `stringEnd` returned last. */
export let escaped = false;

/** The quote that ends the string whose text begins at p. Control characters are a fault, escapes are not looked at. */
export function stringEnd(b: Uint8Array, p: number): number {
  escaped = false;
  for (let at = p; at < b.length; at++) {
    const byte = b[at];
    if (byte === QUOTE) return at;
    if (byte < SPACE) break;
    if (byte === BACKSLASH) {
      escaped = true;
      at++;
    }
  }
  throw new JsonFault(p);
}

/** The end of the number at p, or p where none is. What comes behind it is not looked at. */
export function numberEnd(b: Uint8Array, p: number): number {
  const first = b[p] === MINUS ? p + 1 : p;
  let at = b[first] === ZERO ? first + 1 : digitsEnd(b, first);
  if (at === first) return p;
  if (b[at] === POINT) {
    const fraction = at + 1;
    at = digitsEnd(b, fraction);
    if (at === fraction) return p;
  }
  if ((b[at] | LOWER_CASE) === EXPONENT) {
    const power = b[at + 1] === MINUS || b[at + 1] === PLUS ? at + 2 : at + 1;
    at = digitsEnd(b, power);
    if (at === power) return p;
  }
  return at;
}

function digitsEnd(b: Uint8Array, p: number): number {
  let at = p;
  while (b[at] >= ZERO && b[at] <= NINE) at++;
  return at;
}

/** The end of the literal that must be at p. */
export function literalEnd(b: Uint8Array, p: number, literal: Uint8Array): number {
  for (let i = 0; i < literal.length; i++) if (b[p + i] !== literal[i]) throw new JsonFault(p);
  return p + literal.length;
}

/** The value of the JSON text [from, to). */
export function parse(b: Uint8Array, from: number, to: number): unknown {
  try {
    return JSON.parse(text(b, from, to));
  } catch (error) {
    if (error instanceof SyntaxError) throw new JsonFault(from);
    throw error;
  }
}
