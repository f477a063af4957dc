/** Which bytes of values and names may pass the door. All bounds have been or are checked here; see wire.ts. */
import { isUtf8 } from 'node:buffer';
import { BOOLEAN, NUMBER, NUMBERS, type Rule, STRING, STRINGS } from './allowlist.ts';
import { AnyValue, KeyValue, VALUES } from './fields.ts';
import { lengthEnd, next, past, skip, tag, text, varint, WireFault } from './wire.ts';

/** Line and paragraph separators and the C1 control characters, which ASCII does not show. */
const BREAKS = /[\u0080-\u009f\u2028\u2029]/;

/** UTF-8 without control characters (line breaks among them, unless `lines`). */
export function isPlain(b: Uint8Array, from: number, to: number, lines = false): boolean {
  let i = from;
  while (i < to && b[i] >= 0x20 && b[i] < 0x7f) i++;
  return i === to || restIsPlain(b, i, to, lines);
}

/** From the first byte on that is no printable ASCII. */
function restIsPlain(b: Uint8Array, from: number, to: number, lines: boolean): boolean {
  let ascii = true;
  for (let i = from; i < to; i++) {
    const byte = b[i];
    if (byte >= 0x80) ascii = false;
    else if ((byte < 0x20 || byte === 0x7f) && !(lines && (byte === 9 || byte === 10 || byte === 13)))
      return false;
  }
  return ascii || (isUtf8(b.subarray(from, to)) && (lines || !BREAKS.test(text(b, from, to))));
}

const MAX_CODE_BYTES = 64;
const MAX_CODE_DIGITS = 4;

/**
 * An identifier or an error code (`ECONNRESET`, `tool.retry`, `HTTP_503`): short, of letters, `_ . : -` and at most
 * four digits, so that neither sentences nor tokens and numbers of persons pass.
 */
export function isCode(b: Uint8Array, from: number, to: number): boolean {
  if (to === from || to - from > MAX_CODE_BYTES) return false;
  let digits = 0;
  for (let i = from; i < to; i++) {
    const byte = b[i];
    if (byte >= 0x30 && byte <= 0x39) digits++;
    else {
      const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
      if (!letter && byte !== 0x5f && byte !== 0x2e && byte !== 0x2d && byte !== 0x3a) return false;
    }
  }
  return digits <= MAX_CODE_DIGITS;
}

const HASHED = Buffer.from('hashed:');

/** A name that a door has hashed already. */
export function isHashedName(b: Uint8Array, from: number, to: number): boolean {
  const digest = from + HASHED.length;
  for (let i = 0; i < HASHED.length; i++) if (b[from + i] !== HASHED[i]) return false;
  return to - digest === 16 && isHash(b, digest, to);
}

function isHash(b: Uint8Array, from: number, to: number): boolean {
  if (to - from < 16 || to - from > 64) return false;
  for (let i = from; i < to; i++) {
    const byte = b[i];
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false;
  }
  return true;
}

/** Where the string of the AnyValue last checked stands; empty for another type. */
export let stringFrom = 0;
export let stringTo = 0;

/**
 * True when the AnyValue b[from, end) is one value of a type that `rule` allows and nothing else: a second field or
 * trailing bytes could carry content behind an innocent one.
 */
export function valuePasses(b: Uint8Array, from: number, end: number, rule: Rule): boolean {
  stringFrom = stringTo = from;
  if (from === end) return false;
  switch (b[from]) {
    case AnyValue.string: {
      const e = lengthEnd(b, from + 1, end);
      if ((rule.types & STRING) === 0 || e !== end || e - next > rule.maxBytes) return false;
      stringFrom = next;
      stringTo = e;
      return rule.hash ? isHash(b, stringFrom, e) : isPlain(b, stringFrom, e, rule.lines);
    }
    case AnyValue.bool:
      varint(b, from + 1, end);
      return (rule.types & BOOLEAN) !== 0 && next === end;
    case AnyValue.int:
      varint(b, from + 1, end);
      return (rule.types & NUMBER) !== 0 && next === end;
    case AnyValue.double:
      return (rule.types & NUMBER) !== 0 && past(from + 1, 8, end) === end;
    case AnyValue.array: {
      const e = lengthEnd(b, from + 1, end);
      return (rule.types & (NUMBERS | STRINGS)) !== 0 && e === end && itemsPass(b, next, e, rule);
    }
    default:
      return false;
  }
}

function itemsPass(b: Uint8Array, from: number, end: number, rule: Rule): boolean {
  const numbers = (rule.types & NUMBERS) !== 0;
  const strings = (rule.types & STRINGS) !== 0;
  let stringBytes = 0;
  for (let p = from; p < end; ) {
    if (b[p] !== VALUES) return false;
    const e = lengthEnd(b, p + 1, end);
    const start = next;
    if (start === e) return false;
    const type = b[start];
    if (type === AnyValue.int || type === AnyValue.bool) {
      varint(b, start + 1, e);
      if (!numbers || next !== e) return false;
    } else if (type === AnyValue.double) {
      if (!numbers || past(start + 1, 8, e) !== e) return false;
    } else if (type === AnyValue.string) {
      if (!strings || lengthEnd(b, start + 1, e) !== e) return false;
      stringBytes += e - next;
      if (stringBytes > rule.maxBytes || !isPlain(b, next, e, rule.lines)) return false;
    } else {
      return false;
    }
    p = e;
  }
  return true;
}

/** Refuses an AnyValue nested deeper than `levels`; only arrays and kvlists can be. */
export function checkNesting(b: Uint8Array, from: number, end: number, levels: number): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    if (field === AnyValue.array || field === AnyValue.kvlist) {
      if (levels === 0) throw new WireFault('attribute nested too deep', p);
      const e = lengthEnd(b, start, end);
      nested(b, next, e, levels, field === AnyValue.kvlist);
      p = e;
    } else {
      p = skip(b, start, end, field);
    }
  }
}

function nested(b: Uint8Array, from: number, end: number, levels: number, pairs: boolean): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    if (field === VALUES) {
      const e = lengthEnd(b, start, end);
      if (pairs) pairNesting(b, next, e, levels);
      else checkNesting(b, next, e, levels - 1);
      p = e;
    } else {
      p = skip(b, start, end, field);
    }
  }
}

function pairNesting(b: Uint8Array, from: number, end: number, levels: number): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    if (field === KeyValue.value) {
      const e = lengthEnd(b, start, end);
      checkNesting(b, next, e, levels - 1);
      p = e;
    } else {
      p = skip(b, start, end, field);
    }
  }
}
