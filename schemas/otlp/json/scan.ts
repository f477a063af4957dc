/** Reads JSON bytes in place: where values end, and where in the document a byte is. The bytes are known to be UTF-8. */
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
const BACKSLASH = 0x5c;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN = 0x7b;
export const CLOSE = 0x7d;
/** Bytes below are white space, or control characters, which JSON has nowhere. */
const SPACE = 0x20;

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

/** The value of the JSON text [from, to). */
export function parse(b: Uint8Array, from: number, to: number): unknown {
  try {
    return JSON.parse(text(b, from, to));
  } catch (error) {
    if (error instanceof SyntaxError) throw new JsonFault(from);
    throw error;
  }
}

/** The end of the value at p, whose inside is not looked at. */
export function valueEnd(b: Uint8Array, p: number): number {
  if (b[p] === QUOTE) return stringEnd(b, p + 1) + 1;
  if (b[p] === OPEN || b[p] === OPEN_LIST) {
    let depth = 0;
    for (let at = p; at < b.length; at++) {
      const byte = b[at];
      if (byte === QUOTE) at = stringEnd(b, at + 1);
      else if (byte === OPEN || byte === OPEN_LIST) depth++;
      else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) return at + 1;
    }
    throw new JsonFault(p);
  }
  let at = p;
  while (at < b.length && !ends(b[at])) at++;
  return at;
}

const ends = (byte: number) =>
  byte <= SPACE || byte === COMMA || byte === CLOSE || byte === CLOSE_LIST || byte === COLON;

/** The end of the value at p, which nobody asked for: it must be JSON all the same. */
export function skip(b: Uint8Array, p: number): number {
  const end = valueEnd(b, p);
  parse(b, p, end);
  return end;
}

/** The path to the value that begins at `offset` (`resourceSpans[0].schemaUrl`), in a body that is known to be JSON. */
export function pathTo(b: Uint8Array, offset: number): string {
  let path = '';
  let p = token(b, 0);
  while (p < offset) {
    const isList = b[p] === OPEN_LIST;
    for (let i = 0; ; i++) {
      p = token(b, p + 1);
      let name = `[${i}]`;
      if (!isList) {
        const key = p;
        p = stringEnd(b, p + 1) + 1;
        name = `${path === '' ? '' : '.'}${parse(b, key, p)}`;
        p = token(b, token(b, p) + 1);
      }
      const end = valueEnd(b, p);
      if (offset < end) {
        path += name;
        break;
      }
      p = token(b, end);
    }
  }
  return path;
}
