/** JSON bytes → protobuf bytes in one pass: no value becomes an object on its way (ADR 0026). */

import { wordsOf } from '../words.ts';
import { word } from './integer.ts';
import { type JsonField, type JsonMessage, Kind } from './message.ts';
import { close, empty, open, out, writeNumber, written } from './output.ts';
import * as scan from './scan.ts';
import { CLOSE_LIST, COMMA, JsonFault, QUOTE } from './scan.ts';
import { skip } from './skip.ts';
import { JsonValues } from './values.ts';

/** Most that a field takes beyond the bytes of its JSON: tags, lengths and 64-bit numbers. */
const FIELD_BYTES = 32;

/** By byte: whether it is a digit of base64, in either alphabet. */
const BASE64 = new Uint8Array(256);
for (const digit of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_'))
  BASE64[digit] = 1;
const PADDING = 0x3d;

/**
 * The bytes of the message that `body` is as JSON, which must be UTF-8. Fields stand in the order of the JSON.
 * Throws a JsonFault.
 */
export function transcode(body: Uint8Array, message: JsonMessage, maxNesting: number): Uint8Array {
  try {
    const end = new Transcoder(body, maxNesting).object(message, scan.token(body, 0));
    scan.nothing(body, end);
    return written();
  } finally {
    empty();
  }
}

/** Every method takes where a value begins and returns where it ends. */
class Transcoder {
  readonly #b: Uint8Array;
  readonly #words: DataView;
  readonly #values: JsonValues;
  readonly #maxNesting: number;
  #depth = 0;

  constructor(body: Uint8Array, maxNesting: number) {
    this.#b = body;
    this.#words = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.#values = new JsonValues(body);
    this.#maxNesting = maxNesting;
  }

  /** Writes the fields of an object. */
  object(message: JsonMessage, at: number): number {
    const b = this.#b;
    if (b[at] !== scan.OPEN) throw new JsonFault(at, 'must be an object');
    let p = scan.token(b, at + 1);
    if (b[p] === scan.CLOSE) return p + 1;
    let previous: JsonField | undefined;
    let met = 0;
    for (;;) {
      if (b[p] !== QUOTE) throw new JsonFault(p);
      p++;
      // Most often the field that came next the last time.
      let field = previous === undefined ? message.first : previous.next;
      let end = field === undefined ? b.length : p + field.nameBytes;
      if (field === undefined || end >= b.length || b[end] !== QUOTE || !field.isNamed(this.#words, p)) {
        end = scan.stringEnd(b, p);
        field = scan.escaped ? this.#findEscaped(message, p, end) : message.find(this.#words, p, end);
        if (previous === undefined) message.first = field;
        else previous.next = field;
      }
      p = scan.token(b, end + 1);
      if (b[p] !== scan.COLON) throw new JsonFault(p);
      p = scan.token(b, p + 1);
      if (field === undefined) p = skip(b, p);
      else {
        if ((met & field.bit) !== 0) throw new JsonFault(p, 'must be there once only');
        met |= field.bit;
        p = b[p] === scan.NULL[0] ? scan.literalEnd(b, p, scan.NULL) : this.#field(field, p);
        previous = field;
      }
      p = scan.token(b, p);
      if (b[p] === scan.CLOSE) return p + 1;
      if (b[p] !== COMMA) throw new JsonFault(p);
      p = scan.token(b, p + 1);
    }
  }

  #findEscaped(message: JsonMessage, from: number, end: number): JsonField | undefined {
    const name = Buffer.from(scan.parse(this.#b, from - 1, end + 1) as string);
    return message.find(new DataView(name.buffer, name.byteOffset, name.length), 0, name.length);
  }

  #field(field: JsonField, p: number): number {
    out.room(this.#b.length - p + FIELD_BYTES);
    switch (field.kind) {
      case Kind.text:
        return this.#text(field, p);
      case Kind.hex:
        return this.#hex(field, p);
      case Kind.base64:
        return this.#base64(field, p);
      case Kind.message:
        return this.#message(field, p);
      case Kind.nested:
        return this.#nested(field, p);
      case Kind.messages:
        return this.#messages(field, p);
      case Kind.uint64s:
      case Kind.fixed64s:
      case Kind.doubles:
        return this.#packed(field, p);
      default: {
        const end = this.#values.number(field, p);
        if (field.present || word[0] !== 0 || word[1] !== 0) {
          out.varint(field.tag);
          writeNumber(field.kind);
        }
        return end;
      }
    }
  }

  #message(field: JsonField, p: number): number {
    const { lengthBytes } = field;
    const start = open(field);
    const end = this.object(field.message, p);
    close(field, start, lengthBytes);
    return end;
  }

  #nested(field: JsonField, p: number): number {
    if (this.#depth >= this.#maxNesting)
      throw new JsonFault(p, `nested deeper than ${this.#maxNesting} levels`);
    this.#depth++;
    const end = this.#message(field, p);
    this.#depth--;
    return end;
  }

  #messages(field: JsonField, at: number): number {
    let p = scan.firstItem(this.#b, at);
    while (this.#b[p] !== CLOSE_LIST) {
      out.room(this.#b.length - p + FIELD_BYTES);
      p = scan.nextItem(this.#b, this.#message(field, p));
    }
    return p + 1;
  }

  #packed(field: JsonField, at: number): number {
    const { lengthBytes } = field;
    const before = out.n;
    const start = open(field);
    let p = scan.firstItem(this.#b, at);
    while (this.#b[p] !== CLOSE_LIST) {
      out.room(this.#b.length - p + FIELD_BYTES);
      const end = this.#values.number(field, p);
      writeNumber(field.kind);
      p = scan.nextItem(this.#b, end);
    }
    if (out.n === start) out.n = before;
    else close(field, start, lengthBytes);
    return p + 1;
  }

  #text(field: JsonField, p: number): number {
    const b = this.#b;
    if (b[p] !== QUOTE) throw new JsonFault(p, 'must be a string');
    const { lengthBytes } = field;
    const before = out.n;
    const start = open(field);
    const { buf } = out;
    let { n } = out;
    let at = p + 1;
    for (const words = wordsOf(buf); at + 4 <= b.length; at += 4, n += 4) {
      const four = this.#words.getInt32(at, true);
      if (scan.mayEndText(four)) break;
      words.setInt32(n, four, true);
    }
    while (at < b.length && scan.isText(b[at])) buf[n++] = b[at++];
    if (b[at] !== QUOTE) {
      // An escape, or no string at all: what was copied is written again.
      const values = this.#values;
      at = values.string(p) - 1;
      buf.set(values.text, start);
      n = start + values.to;
    }
    out.n = n;
    if (n === start && !field.present) out.n = before;
    else close(field, start, lengthBytes);
    return at + 1;
  }

  #hex(field: JsonField, p: number): number {
    const end = this.#values.string(p);
    const { text, from, to } = this.#values;
    if (from === to) return end;
    out.varint(field.tag);
    out.varint((to - from) >>> 1);
    const { buf } = out;
    let { n } = out;
    // Negative as soon as one digit is none.
    let digits = -((to - from) % 2);
    for (let at = from; at + 1 < to; at += 2) {
      const byte = (scan.NIBBLES[text[at]] << 4) | scan.NIBBLES[text[at + 1]];
      digits |= byte;
      buf[n++] = byte;
    }
    if (digits < 0) throw new JsonFault(p, 'must be hex digits, two a byte');
    out.n = n;
    return end;
  }

  #base64(field: JsonField, p: number): number {
    const end = this.#values.string(p);
    const { ascii, text, from, to } = this.#values;
    if (!isBase64(text, from, to)) throw new JsonFault(p, 'must be base64');
    const bytes = Buffer.from(ascii, 'base64');
    if (bytes.length > 0 || field.present) out.field(field.tag, bytes);
    return end;
  }
}

/** Groups of four digits; of the last one, two or three will do, with padding up to four or without. */
function isBase64(b: Uint8Array, from: number, to: number): boolean {
  let end = from;
  while (end < to && BASE64[b[end]] === 1) end++;
  const left = (end - from) % 4;
  if (end === to) return left !== 1;
  return left >= 2 && end + 4 - left === to && b[end] === PADDING && b[to - 1] === PADDING;
}
