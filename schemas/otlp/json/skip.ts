/** Passes over JSON that nobody asked for, without making anything of it; what JSON.parse would refuse is a fault. */
import {
  BACKSLASH,
  CLOSE,
  CLOSE_LIST,
  COLON,
  COMMA,
  escaped,
  FALSE,
  JsonFault,
  literalEnd,
  NIBBLES,
  NULL,
  nothing,
  numberEnd,
  OPEN,
  OPEN_LIST,
  QUOTE,
  stringEnd,
  TRUE,
  token,
} from './scan.ts';

const LITERALS = [TRUE, FALSE, NULL];
/** What may be behind a backslash. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrtu'));
const U = 0x75;

/** Is the whole body, which is UTF-8, one JSON value? */
export function isJson(b: Uint8Array): boolean {
  try {
    nothing(b, skip(b, token(b, 0)));
    return true;
  } catch (error) {
    if (error instanceof JsonFault) return false;
    throw error;
  }
}

/** The end of the value at p. A stack of its own, a byte a level: bodies may be nothing but brackets. */
export function skip(b: Uint8Array, at: number): number {
  let inside = new Uint8Array(16);
  let depth = 0;
  let p = at;
  for (;;) {
    const bracket = b[p];
    if (bracket === OPEN || bracket === OPEN_LIST) {
      const close = bracket === OPEN ? CLOSE : CLOSE_LIST;
      p = token(b, p + 1);
      if (b[p] !== close) {
        if (depth === inside.length) inside = grown(inside);
        inside[depth++] = close;
        if (close === CLOSE) p = pastName(b, p);
        continue;
      }
      p++;
    } else p = scalarEnd(b, p);
    // A value has ended, and with it perhaps what it is in.
    for (; depth > 0; depth--, p++) {
      const close = inside[depth - 1];
      p = token(b, p);
      if (b[p] === COMMA) {
        p = token(b, p + 1);
        if (close === CLOSE) p = pastName(b, p);
        break;
      }
      if (b[p] !== close) throw new JsonFault(p);
    }
    if (depth === 0) return p;
  }
}

function grown(stack: Uint8Array): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(stack.length * 2);
  longer.set(stack);
  return longer;
}

/** Where the value begins of the name at p. */
function pastName(b: Uint8Array, p: number): number {
  if (b[p] !== QUOTE) throw new JsonFault(p);
  const colon = token(b, textEnd(b, p));
  if (b[colon] !== COLON) throw new JsonFault(colon);
  return token(b, colon + 1);
}

function scalarEnd(b: Uint8Array, p: number): number {
  if (b[p] === QUOTE) return textEnd(b, p);
  for (const literal of LITERALS) if (b[p] === literal[0]) return literalEnd(b, p, literal);
  const end = numberEnd(b, p);
  if (end === p) throw new JsonFault(p);
  return end;
}

function textEnd(b: Uint8Array, p: number): number {
  const close = stringEnd(b, p + 1);
  if (escaped) checkEscapes(b, p + 1, close);
  return close + 1;
}

/** Of the text [from, to): behind its last backslash is a byte of it. */
function checkEscapes(b: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    if (b[at] !== BACKSLASH) continue;
    at++;
    if (!ESCAPES.has(b[at])) throw new JsonFault(at);
    if (b[at] !== U) continue;
    for (const last = at + 4; at < last; ) if (NIBBLES[b[++at]] < 0) throw new JsonFault(at);
  }
}
