/** Reads proto3 JSON values with their place, so that an error says where it is. */

/** Thrown by the readers of files, and caught where a file is read. */
export class JsonFault {
  readonly reason: string;
  constructor(at: string, what: string) {
    this.reason = `${at === '' ? 'body' : at}: ${what}`;
  }
}

type Json = Record<string, unknown>;

const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const DECIMAL = /^-?\d{1,20}$/;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;

const join = (at: string, key: string) => (at === '' ? key : `${at}.${key}`);

/** A field that is absent; null reads the same. */
const absent = (value: unknown): value is undefined | null => value === undefined || value === null;

/** Own fields only: `__proto__` in JSON is a field like any other. */
const field = (from: Json, key: string): unknown => (Object.hasOwn(from, key) ? from[key] : undefined);

/** Reads the fields of OTLP JSON. Throws JsonFault, which says by path what is wrong with one. */
export class JsonReader {
  readonly #maxNesting: number;

  constructor(maxNesting: number) {
    this.#maxNesting = maxNesting;
  }

  object(json: unknown, at: string): Json {
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
    throw new JsonFault(at, 'must be an object');
  }

  optional<T>(from: Json, key: string, at: string, read: (json: unknown, at: string) => T): T | undefined {
    const value = field(from, key);
    return absent(value) ? undefined : read(value, join(at, key));
  }

  /** Absent reads as empty, as in protobuf. */
  list<T>(from: Json, key: string, at: string, read: (json: unknown, at: string) => T): T[] {
    const value = field(from, key);
    if (absent(value)) return [];
    const place = join(at, key);
    if (!Array.isArray(value)) throw new JsonFault(place, 'must be an array');
    return value.map((item, i) => read(item, `${place}[${i}]`));
  }

  /** The depth below `depth`; too deep is an error. */
  nest(depth: number, at: string): number {
    if (depth >= this.#maxNesting) throw new JsonFault(at, `nested deeper than ${this.#maxNesting} levels`);
    return depth + 1;
  }

  text(from: Json, key: string, at: string): string | undefined {
    return this.optional(from, key, at, (value, place) => {
      if (typeof value === 'string') return value;
      throw new JsonFault(place, 'must be a string');
    });
  }

  boolean(from: Json, key: string, at: string): boolean | undefined {
    return this.optional(from, key, at, (value, place) => {
      if (typeof value === 'boolean') return value;
      throw new JsonFault(place, 'must be true or false');
    });
  }

  /** Hex to bytes; absent is empty. */
  id(from: Json, key: string, at: string): Uint8Array {
    const hex = this.text(from, key, at) ?? '';
    if (HEX.test(hex)) return Buffer.from(hex, 'hex');
    throw new JsonFault(join(at, key), 'must be hex digits, two a byte');
  }

  bytes(from: Json, key: string, at: string): Uint8Array | undefined {
    const text = this.text(from, key, at);
    if (text === undefined) return undefined;
    if (BASE64.test(text)) return Buffer.from(text, 'base64');
    throw new JsonFault(join(at, key), 'must be base64');
  }

  #integer(value: unknown, place: string, least: bigint, greatest: bigint): bigint {
    let number: bigint | undefined;
    if (typeof value === 'string' && DECIMAL.test(value)) number = BigInt(value);
    // Above 2^53 the parser has rounded already; what is left of it counts.
    else if (typeof value === 'number' && Number.isInteger(value)) number = BigInt(value);
    if (number !== undefined && number >= least && number <= greatest) return number;
    throw new JsonFault(
      place,
      `must be an integer from ${least} to ${greatest}, as a number or a decimal string`,
    );
  }

  uint32(from: Json, key: string, at: string): number | undefined {
    return this.optional(from, key, at, (value, place) =>
      Number(this.#integer(value, place, 0n, 0xffffffffn)),
    );
  }

  uint64(from: Json, key: string, at: string): bigint | undefined {
    return this.optional(from, key, at, (value, place) => this.#integer(value, place, 0n, MAX_UINT64));
  }

  int64(from: Json, key: string, at: string): bigint | undefined {
    return this.optional(from, key, at, (value, place) =>
      this.#integer(value, place, -MAX_INT64 - 1n, MAX_INT64),
    );
  }

  double(from: Json, key: string, at: string): number | undefined {
    return this.optional(from, key, at, (value, place) => {
      if (typeof value === 'number') return value;
      if (typeof value === 'string' && NUMBER.test(value)) return Number(value);
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
      throw new JsonFault(place, 'must be a number');
    });
  }

  enumeration(from: Json, key: string, at: string, names: readonly string[]): number | undefined {
    return this.optional(from, key, at, (value, place) => {
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff)
        return value;
      const index = typeof value === 'string' ? names.indexOf(value) : -1;
      if (index >= 0) return index;
      throw new JsonFault(place, `must be a number or one of ${names.join(', ')}`);
    });
  }
}
