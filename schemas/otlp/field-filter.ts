/** What the filters of all messages share: attributes, names and unknown fields, and the edits they make. */
import type { Allowlist } from './allowlist.ts';
import { ARGUMENT_KEYS } from './allowlist-table.ts';
import { nothingDropped } from './dropped.ts';
import { Edits } from './edits.ts';
import { AnyValue, KeyValue, Span } from './fields.ts';
import { checkNesting, isPlain, stringFrom, stringTo, valuePasses } from './value-check.ts';
import { lengthEnd, next, skip, tag } from './wire.ts';

export interface FilterOptions {
  readonly allowlist: Allowlist;
  /** Attributes that are kept of one message; more are dropped. */
  readonly maxAttributesPerSpan: number;
  /** Levels of arrays and kvlists in a value; more make the body malformed. */
  readonly maxNesting: number;
  /** Salted hash, 16 or more hex digits. */
  hash(value: Uint8Array): string;
}

const MAX_NAME_BYTES = 128;
const NO_ARGUMENTS = Number.POSITIVE_INFINITY;
/** `input.value` is arguments on tool spans only. */
const ON_TOOL_SPANS_ONLY = ARGUMENT_KEYS.indexOf('input.value');
const ARGS_HASH = Buffer.from('ati.args_hash');

/** One message is filtered at a time, so all filters note their edits in one place: a place of its own costs more than a small export. */
const edits = new Edits();

export class FieldFilter {
  readonly edits = edits;
  readonly dropped = nothingDropped();
  readonly b: Buffer;
  readonly #options: FilterOptions;
  #tool = false;
  #argsRank = NO_ARGUMENTS;
  #argsFrom = 0;
  #argsTo = 0;
  #hashKept = false;

  constructor(body: Buffer, options: FilterOptions) {
    this.b = body;
    this.#options = options;
    this.edits.reset();
  }

  /** Forgets the arguments of the span before. */
  startSpan(): void {
    this.#tool = false;
    this.#argsRank = NO_ARGUMENTS;
    this.#hashKept = false;
  }

  /** Skips and drops a field that may carry anything; returns the position behind it. */
  unknown(start: number, p: number, end: number, field: number): number {
    const e = skip(this.b, p, end, field);
    this.dropped.unknownFields++;
    this.edits.drop(start, e);
    return e;
  }

  /** One KeyValue [from, end) in the field at `start`: true when it is kept. */
  attribute(start: number, from: number, end: number, kept: number, ofSpan: boolean): boolean {
    const b = this.b;
    let key = 0;
    let keyEnd = 0;
    let value = -1;
    let valueEnd = -1;
    let fields = 0;
    const short = from + 2 + b[from + 1];
    if (
      end - from >= 4 &&
      b[from] === KeyValue.key &&
      b[from + 1] < 0x80 &&
      short + 2 <= end &&
      b[short] === KeyValue.value &&
      b[short + 1] < 0x80 &&
      short + 2 + b[short + 1] === end
    ) {
      // The usual layout: a short key, then a short value, and nothing else.
      key = from + 2;
      keyEnd = short;
      value = short + 2;
      valueEnd = end;
      fields = 2;
    }
    for (let p = fields === 2 ? end : from; p < end; fields++) {
      const field = tag(b, p, end);
      p = next;
      if (field === KeyValue.key) {
        p = lengthEnd(b, p, end);
        key = next;
        keyEnd = p;
      } else if (field === KeyValue.value) {
        p = lengthEnd(b, p, end);
        value = next;
        valueEnd = p;
      } else {
        p = skip(b, p, end, field);
      }
    }
    if (value >= 0 && (b[value] === AnyValue.array || b[value] === AnyValue.kvlist)) {
      checkNesting(b, value, valueEnd, this.#options.maxNesting);
    }
    const rule = this.#options.allowlist.rule(b, key, keyEnd);
    if (rule.action === 'keep') {
      // Exactly one key and one value: a second of either could hide behind the last.
      if (fields === 2 && keyEnd > key && value >= 0 && kept < this.#options.maxAttributesPerSpan) {
        if (valuePasses(b, value, valueEnd, rule)) {
          if (rule.hash) this.#hashKept = true;
          if (rule.toolMark !== undefined && sameBytes(b, stringFrom, stringTo, rule.toolMark))
            this.#tool = true;
          return true;
        }
      }
      this.dropped.attributes++;
    } else if (rule.action === 'unlisted') {
      this.dropped.attributes++;
    } else {
      this.dropped.content++;
      if (rule.action === 'arguments' && ofSpan && value >= 0 && rule.rank < this.#argsRank) {
        this.#argsRank = rule.rank;
        this.#argsFrom = value;
        this.#argsTo = valueEnd;
      }
    }
    this.edits.drop(start, end);
    return false;
  }

  /** Appends `ati.args_hash` to the span that ends at `end`, if it had arguments. */
  hashArguments(end: number): void {
    if (this.#argsRank === NO_ARGUMENTS || this.#hashKept) return;
    if (this.#argsRank === ON_TOOL_SPANS_ONLY && !this.#tool) return;
    const b = this.b;
    let from = this.#argsFrom;
    // The text of a string; the whole value of any other type.
    if (
      from < this.#argsTo &&
      b[from] === AnyValue.string &&
      lengthEnd(b, from + 1, this.#argsTo) === this.#argsTo
    ) {
      from = next;
    }
    const digest = Buffer.from(this.#options.hash(b.subarray(from, this.#argsTo)).slice(0, 32));
    this.dropped.hashedArguments++;
    const { replacement } = this.edits;
    const start = replacement.n;
    replacement.varint(Span.attributes);
    replacement.varint(2 + ARGS_HASH.length + 2 + 2 + digest.length);
    replacement.field(KeyValue.key, ARGS_HASH);
    replacement.varint(KeyValue.value);
    replacement.varint(2 + digest.length);
    replacement.field(AnyValue.string, digest);
    this.edits.replace(end, end, start);
  }

  /** A name of a span or scope: long ones and ones of several lines become a hash. */
  name(field: number, start: number, from: number, end: number): void {
    if (end - from <= MAX_NAME_BYTES && isPlain(this.b, from, end)) return;
    this.hashName(field, start, from, end);
  }

  hashName(field: number, start: number, from: number, end: number): void {
    this.dropped.names++;
    const { replacement } = this.edits;
    const at = replacement.n;
    const digest = this.#options.hash(this.b.subarray(from, end)).slice(0, 16);
    replacement.field(field, Buffer.from(`hashed:${digest}`));
    this.edits.replace(start, end, at);
  }
}

function sameBytes(b: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (b[from + i] !== other[i]) return false;
  return true;
}
