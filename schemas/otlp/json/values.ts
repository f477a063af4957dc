/** Reads the strings and numbers of a JSON body in place, as ../json.ts says. */
import {
  INT32,
  INT64,
  type IntegerRange,
  readInteger,
  takeDecimal,
  takeDouble,
  UINT31,
  UINT32,
  UINT64,
  word,
} from './integer.ts';
import { type JsonField, Kind } from './message.ts';
import { escaped, JsonFault, parse, QUOTE, stringEnd, valueEnd } from './scan.ts';

const MINUS = 0x2d;
const ZERO = 0x30;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
export const NULL = Buffer.from('null');
const TEXT_NUMBER = /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/;
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Every reader takes where a value begins and returns where it ends. Throws JsonFault. */
export class JsonValues {
  readonly #b: Uint8Array;
  /** Where the text of the string lies that was read last: in the body, or decoded. */
  text: Uint8Array;
  from = 0;
  to = 0;

  constructor(body: Uint8Array) {
    this.#b = body;
    this.text = body;
  }

  /** Finds the text of a string. */
  string(p: number): number {
    const b = this.#b;
    if (b[p] !== QUOTE) throw new JsonFault(p, 'must be a string');
    const close = stringEnd(b, p + 1);
    if (escaped) {
      this.text = Buffer.from(parse(b, p, close + 1) as string);
      this.from = 0;
      this.to = this.text.length;
    } else {
      this.text = b;
      this.from = p + 1;
      this.to = close;
    }
    return close + 1;
  }

  /** What `string` found, of ASCII characters. */
  get ascii(): string {
    return latin1(this.text, this.from, this.to);
  }

  literal(p: number, literal: Uint8Array): number {
    for (let i = 0; i < literal.length; i++) if (this.#b[p + i] !== literal[i]) throw new JsonFault(p);
    return p + literal.length;
  }

  /** What is a number in protobuf, into `word`. */
  number(field: JsonField, p: number): number {
    switch (field.kind) {
      case Kind.bool:
        return this.#bool(p);
      case Kind.enumeration:
        return this.#enumeration(field, p);
      case Kind.double:
      case Kind.doubles:
        return this.#double(p);
      case Kind.uint32:
      case Kind.fixed32:
        return this.#integer(p, UINT32);
      case Kind.sint32:
        return this.#integer(p, INT32);
      case Kind.int64:
      case Kind.sfixed64:
        return this.#integer(p, INT64);
      default:
        return this.#integer(p, UINT64);
    }
  }

  #bool(p: number): number {
    const isTrue = this.#b[p] === TRUE[0];
    if (!isTrue && this.#b[p] !== FALSE[0]) throw new JsonFault(p, 'must be true or false');
    word[0] = isTrue ? 1 : 0;
    word[1] = 0;
    return this.literal(p, isTrue ? TRUE : FALSE);
  }

  #integer(p: number, range: IntegerRange): number {
    const end = this.#integerEnd(p, range);
    if (end > 0) return end;
    const { least, greatest } = range;
    throw new JsonFault(
      p,
      `must be an integer from ${least} to ${greatest}, as a number or a decimal string`,
    );
  }

  #enumeration({ names }: JsonField, p: number): number {
    if (this.#b[p] === QUOTE) {
      const end = this.string(p);
      const number = names.indexOf(this.ascii);
      word[0] = number;
      word[1] = 0;
      if (number >= 0) return end;
    } else {
      const end = this.#integerEnd(p, UINT31);
      if (end > 0) return end;
    }
    throw new JsonFault(p, `must be a number or one of ${names.join(', ')}`);
  }

  /** 0 where there is no such integer. */
  #integerEnd(p: number, range: IntegerRange): number {
    const b = this.#b;
    if (b[p] === QUOTE) {
      const end = this.string(p);
      return readInteger(this.text, this.from, this.to, range) || takeDecimal(this.ascii, range) ? end : 0;
    }
    const end = valueEnd(b, p);
    const digits = b[p] === MINUS ? p + 1 : p;
    if ((b[digits] !== ZERO || end === digits + 1) && readInteger(b, p, end, range)) return end;
    const number = latin1(b, p, end);
    return JSON_NUMBER.test(number) && takeDecimal(number, range) ? end : 0;
  }

  #double(p: number): number {
    const isText = this.#b[p] === QUOTE;
    const end = isText ? this.string(p) : valueEnd(this.#b, p);
    const number = isText ? this.ascii : latin1(this.#b, p, end);
    if (!(isText ? TEXT_NUMBER : JSON_NUMBER).test(number)) throw new JsonFault(p, 'must be a number');
    takeDouble(Number(number));
    return end;
  }
}

const latin1 = (b: Uint8Array, from: number, to: number): string =>
  Buffer.prototype.latin1Slice.call(b, from, to);
