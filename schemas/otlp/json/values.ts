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
import { escaped, FALSE, JsonFault, literalEnd, numberEnd, parse, QUOTE, stringEnd, TRUE } from './scan.ts';

const TEXT_NUMBER = /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/;

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
    return literalEnd(this.#b, p, isTrue ? TRUE : FALSE);
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
    const end = numberEnd(b, p);
    if (end === p) return 0;
    return readInteger(b, p, end, range) || takeDecimal(latin1(b, p, end), range) ? end : 0;
  }

  #double(p: number): number {
    const isText = this.#b[p] === QUOTE;
    const end = isText ? this.string(p) : numberEnd(this.#b, p);
    const number = isText ? this.ascii : latin1(this.#b, p, end);
    if (end === p || (isText && !TEXT_NUMBER.test(number))) throw new JsonFault(p, 'must be a number');
    takeDouble(Number(number));
    return end;
  }
}

const latin1 = (b: Uint8Array, from: number, to: number): string =>
  Buffer.prototype.latin1Slice.call(b, from, to);
