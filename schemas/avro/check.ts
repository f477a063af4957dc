/**
 * Walks Avro bytes along their schema before they are decoded.
 *
 * avsc trusts its input: a block count of 2^50 makes it allocate until the process dies, a boolean may be 7, a broken
 * string turns into replacement characters. After this check a decode can neither throw, hang nor read too far.
 * Every array or map item must be backed by at least one byte, so memory stays in proportion to the input.
 */
import { isUtf8 } from 'node:buffer';

/** The parts of Avro's JSON schemas that are used here. */
export type AvroSchema = string | AvroSchema[] | AvroComplex;
export interface AvroComplex {
  type: AvroSchema;
  name?: string;
  namespace?: string;
  logicalType?: string;
  fields?: { name: string; type: AvroSchema; default?: unknown; doc?: string }[];
  symbols?: string[];
  items?: AvroSchema;
  values?: AvroSchema;
  size?: number;
}

/** Where the walk is; `reason` says what stopped it. */
interface Cursor {
  readonly buf: Uint8Array;
  pos: number;
  reason: string;
}
type Step = (at: Cursor) => boolean;

/** avsc's own bounds of a long held as a number. */
export const MAX_LONG = 9007199254740990;
/** Below this avsc's float arithmetic loses the zigzag's sign bit. */
export const MIN_LONG = -4503599627370495;
const MAX_DEPTH = 64;

function fail(at: Cursor, reason: string): false {
  at.reason = `${reason} at byte ${at.pos}`;
  return false;
}

/** Reads a zigzag long into `long`; false when it is cut off or longer than ten bytes. */
let long = 0;
function readLong(at: Cursor): boolean {
  let value = 0;
  let factor = 1;
  let negative = false;
  for (let i = 0; i < 10; i++) {
    if (at.pos >= at.buf.length) return fail(at, 'truncated number');
    const byte = at.buf[at.pos++];
    if (i === 0) negative = (byte & 1) === 1;
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) {
      // For a value too great to be exact the parity may be lost, but not its order of magnitude.
      long = negative ? -Math.ceil(value / 2) : Math.floor(value / 2);
      return true;
    }
  }
  return fail(at, 'number longer than ten bytes');
}

const checkLong: Step = (at) => {
  if (!readLong(at)) return false;
  return (long <= MAX_LONG && long >= MIN_LONG) || fail(at, 'long that a number cannot hold exactly');
};
const checkInt: Step = (at) => {
  if (!readLong(at)) return false;
  return (long <= 0x7fffffff && long >= -0x80000000) || fail(at, 'int outside 32 bits');
};
const checkBoolean: Step = (at) => {
  if (at.pos >= at.buf.length) return fail(at, 'truncated boolean');
  return at.buf[at.pos++] <= 1 || fail(at, 'boolean that is neither 0 nor 1');
};

function advance(at: Cursor, bytes: number, what: string): boolean {
  if (bytes < 0 || bytes > at.buf.length - at.pos) return fail(at, `truncated ${what}`);
  at.pos += bytes;
  return true;
}
const fixed =
  (size: number, what: string): Step =>
  (at) =>
    advance(at, size, what);
const checkBytes: Step = (at) => readLong(at) && advance(at, long, 'bytes');
const checkString: Step = (at) => {
  if (!readLong(at)) return false;
  const start = at.pos;
  if (!advance(at, long, 'string')) return false;
  return isUtf8(at.buf.subarray(start, at.pos)) || fail(at, 'string that is not UTF-8');
};

const index =
  (count: number, what: string): Step =>
  (at) =>
    readLong(at) && ((long >= 0 && long < count) || fail(at, `unknown ${what}`));

/** Arrays and maps: blocks of `count` items until a block of none; a negative count is followed by the block's bytes. */
function blocks(item: Step): Step {
  return (at) => {
    for (;;) {
      if (!readLong(at)) return false;
      if (long === 0) return true;
      let count = long;
      let end = -1;
      if (count < 0) {
        count = -count;
        if (!readLong(at)) return false;
        if (long < 0 || long > at.buf.length - at.pos)
          return fail(at, 'block that is longer than the record');
        end = at.pos + long;
      }
      if (count > at.buf.length - at.pos) return fail(at, 'item count that the record cannot hold');
      for (let i = 0; i < count; i++) {
        const start = at.pos;
        if (!item(at)) return false;
        if (at.pos === start) return fail(at, 'items without bytes');
      }
      if (end >= 0 && end !== at.pos) return fail(at, 'block whose size is wrong');
    }
  };
}

const PRIMITIVES: Readonly<Record<string, Step>> = {
  null: () => true,
  boolean: checkBoolean,
  int: checkInt,
  long: checkLong,
  float: fixed(4, 'float'),
  double: fixed(8, 'double'),
  bytes: checkBytes,
  string: checkString,
};

function compile(schema: AvroSchema, named: Map<string, Step>): Step {
  if (typeof schema === 'string') {
    const known = PRIMITIVES[schema] ?? named.get(schema.slice(schema.lastIndexOf('.') + 1));
    if (known === undefined) throw new Error(`unknown Avro type ${schema}`);
    return known;
  }
  if (Array.isArray(schema)) {
    const branches = schema.map((branch) => compile(branch, named));
    const choice = index(branches.length, 'union branch');
    return (at) => choice(at) && branches[long](at);
  }
  const name = (step: Step): Step => {
    if (schema.name !== undefined) named.set(schema.name, step);
    return step;
  };
  switch (schema.type) {
    case 'record': {
      const steps: Step[] = [];
      let depth = 0;
      const record = name((at) => {
        if (++depth > MAX_DEPTH) {
          depth = 0;
          return fail(at, 'nesting that is too deep');
        }
        for (const step of steps) {
          if (!step(at)) {
            depth = 0;
            return false;
          }
        }
        depth--;
        return true;
      });
      for (const field of schema.fields ?? []) steps.push(compile(field.type, named));
      return record;
    }
    case 'enum':
      return name(index(schema.symbols?.length ?? 0, `symbol of ${schema.name}`));
    case 'fixed':
      return name(fixed(schema.size ?? 0, `fixed ${schema.name}`));
    case 'array':
      return blocks(compile(schema.items ?? 'null', named));
    case 'map': {
      const value = compile(schema.values ?? 'null', named);
      return blocks((at) => checkString(at) && value(at));
    }
    case 'long':
      // 64 bits, held as a bigint.
      return schema.logicalType === 'timestamp-nanos' ? readLong : checkLong;
    default:
      return compile(schema.type, named);
  }
}

/** A check of `buf` from `start` to its end: undefined when it holds exactly one value of the schema, else why not. */
export function compileCheck(schema: AvroSchema): (buf: Uint8Array, start: number) => string | undefined {
  const step = compile(schema, new Map());
  return (buf, start) => {
    const at: Cursor = { buf, pos: start, reason: '' };
    if (!step(at)) return at.reason;
    return at.pos === buf.length ? undefined : `${buf.length - at.pos} bytes after the record`;
  };
}
