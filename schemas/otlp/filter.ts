/**
 * The privacy allowlist applied to OTLP messages at the wire level: walks a message, notes as edits what must not
 * pass, and builds no objects. What is unknown does not pass, at any depth.
 */
import type { Allowlist } from './allowlist.ts';
import { CONTENT_EVENTS } from './allowlist-table.ts';
import { Edits } from './edits.ts';
import { AnyValue, KeyValue, Resource, Scope, Span, SpanEvent, SpanLink, Status } from './fields.ts';
import {
  checkNesting,
  isCode,
  isHashedName,
  isPlain,
  stringFrom,
  stringTo,
  valuePasses,
} from './value-check.ts';
import { lengthEnd, next, past, skip, tag, text, varint } from './wire.ts';

/** How often something was kept back, of each kind. */
export interface Dropped {
  /** Not on the list, of another type, or too long. */
  attributes: number;
  /** Of a key that bears content. */
  content: number;
  /** Arguments that became a salted hash (also counted in `content`). */
  hashedArguments: number;
  /** Events that carry messages. */
  events: number;
  /** Links with broken ids. */
  links: number;
  /** Names of spans, events and scopes that were replaced by a hash. */
  names: number;
  statusMessages: number;
  traceStates: number;
  /** Schema URLs and versions of scopes that do not look like one. */
  texts: number;
  /** Protobuf fields that OTLP's trace messages do not have. */
  unknownFields: number;
}

export const nothingDropped = (): Dropped => ({
  attributes: 0,
  content: 0,
  hashedArguments: 0,
  events: 0,
  links: 0,
  names: 0,
  statusMessages: 0,
  traceStates: 0,
  texts: 0,
  unknownFields: 0,
});

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
const ARGS_HASH = Buffer.from('ati.args_hash');
const contentEvents = new Set(CONTENT_EVENTS);
/** Of a plain https URL without query. */
const URL_LIKE = /^https?:\/\/[\w.:-]+(\/[\w.:/-]*)?$/;

export class Filter {
  readonly edits = new Edits();
  readonly dropped = nothingDropped();
  /** Where the trace id of the span last walked stands. */
  traceIdAt = 0;
  /** What is wrong with the span last walked; '' for nothing. */
  fault = '';
  readonly #b: Buffer;
  readonly #options: FilterOptions;
  #tool = false;
  #argsRank = NO_ARGUMENTS;
  #argsFrom = 0;
  #argsTo = 0;
  #hashKept = false;

  constructor(body: Buffer, options: FilterOptions) {
    this.#b = body;
    this.#options = options;
  }

  /** Notes the edits of the Span message [from, end); its faults are in `fault`. */
  span(from: number, end: number): void {
    const b = this.#b;
    this.fault = '';
    this.traceIdAt = -1;
    this.#tool = false;
    this.#argsRank = NO_ARGUMENTS;
    this.#hashKept = false;
    let kept = 0;
    let spanIdAt = -1;
    let started = false;
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(b, p, end);
      p = next;
      switch (field) {
        case Span.attributes:
          p = lengthEnd(b, p, end);
          if (this.#attribute(start, next, p, kept, true)) kept++;
          break;
        case Span.traceId:
          p = lengthEnd(b, p, end);
          if (p - next !== 16) this.#fail(`trace id of ${p - next} bytes`);
          this.traceIdAt = next;
          break;
        case Span.spanId:
          p = lengthEnd(b, p, end);
          if (p - next !== 8) this.#fail(`span id of ${p - next} bytes`);
          spanIdAt = next;
          break;
        case Span.parentSpanId:
          p = lengthEnd(b, p, end);
          if (p - next !== 8 && p !== next) this.#fail(`parent span id of ${p - next} bytes`);
          break;
        case Span.name:
          p = lengthEnd(b, p, end);
          this.#name(field, start, next, p);
          break;
        case Span.startTimeUnixNano:
          p = past(p, 8, end);
          started = !isZero(b, p - 8, 8);
          break;
        case Span.endTimeUnixNano:
          p = past(p, 8, end);
          break;
        case Span.kind:
        case Span.droppedAttributesCount:
        case Span.droppedEventsCount:
        case Span.droppedLinksCount:
          varint(b, p, end);
          p = next;
          break;
        case Span.flags:
          p = past(p, 4, end);
          break;
        case Span.events:
          p = lengthEnd(b, p, end);
          this.#event(start, next, p);
          break;
        case Span.links:
          p = lengthEnd(b, p, end);
          this.#link(start, next, p);
          break;
        case Span.status:
          p = lengthEnd(b, p, end);
          this.#status(start, next, p);
          break;
        case Span.traceState:
          p = lengthEnd(b, p, end);
          this.dropped.traceStates++;
          this.edits.drop(start, p);
          break;
        default:
          p = this.#unknown(start, p, end, field);
      }
    }
    if (this.traceIdAt < 0) this.#fail('no trace id');
    else if (this.fault === '' && isZero(b, this.traceIdAt, 16)) this.#fail('trace id of zeros');
    if (spanIdAt < 0) this.#fail('no span id');
    else if (this.fault === '' && isZero(b, spanIdAt, 8)) this.#fail('span id of zeros');
    if (!started) this.#fail('no start time');
    if (this.#argsRank !== NO_ARGUMENTS && this.fault === '') this.#hashArguments(end);
  }

  /** Notes the edits of a Resource message. */
  resource(from: number, end: number): void {
    this.#plainMessage(from, end, Resource.attributes, Resource.droppedAttributesCount);
  }

  /** Notes the edits of an InstrumentationScope message. */
  scope(from: number, end: number): void {
    const b = this.#b;
    let kept = 0;
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(b, p, end);
      p = next;
      switch (field) {
        case Scope.name:
          p = lengthEnd(b, p, end);
          this.#name(field, start, next, p);
          break;
        case Scope.version:
          p = lengthEnd(b, p, end);
          if (p - next > 64 || !isPlain(b, next, p)) {
            this.dropped.texts++;
            this.edits.drop(start, p);
          }
          break;
        case Scope.attributes:
          p = lengthEnd(b, p, end);
          if (this.#attribute(start, next, p, kept, false)) kept++;
          break;
        case Scope.droppedAttributesCount:
          varint(b, p, end);
          p = next;
          break;
        default:
          p = this.#unknown(start, p, end, field);
      }
    }
  }

  /** True for a short plain URL; else counted as dropped. */
  schemaUrl(from: number, end: number): boolean {
    if (from === end) return false;
    if (
      end - from <= MAX_NAME_BYTES &&
      isPlain(this.#b, from, end) &&
      URL_LIKE.test(text(this.#b, from, end))
    ) {
      return true;
    }
    this.dropped.texts++;
    return false;
  }

  #fail(reason: string): void {
    if (this.fault === '') this.fault = reason;
  }

  #unknown(start: number, p: number, end: number, field: number): number {
    const e = skip(this.#b, p, end, field);
    this.dropped.unknownFields++;
    this.edits.drop(start, e);
    return e;
  }

  /** Attributes and one count; nothing else passes. */
  #plainMessage(from: number, end: number, attributes: number, count: number): void {
    const b = this.#b;
    let kept = 0;
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(b, p, end);
      p = next;
      if (field === attributes) {
        p = lengthEnd(b, p, end);
        if (this.#attribute(start, next, p, kept, false)) kept++;
      } else if (field === count) {
        varint(b, p, end);
        p = next;
      } else {
        p = this.#unknown(start, p, end, field);
      }
    }
  }

  /** One KeyValue [from, end) in the field at `start`: true when it is kept. */
  #attribute(start: number, from: number, end: number, kept: number, ofSpan: boolean): boolean {
    const b = this.#b;
    let key = 0;
    let keyEnd = 0;
    let value = -1;
    let valueEnd = -1;
    let fields = 0;
    for (let p = from; p < end; fields++) {
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

  /** Appends `ati.args_hash`. The lowest-ranked key is `input.value`, which is arguments on tool spans only. */
  #hashArguments(end: number): void {
    if (this.#hashKept || (this.#argsRank === 2 && !this.#tool)) return;
    const b = this.#b;
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
  #name(field: number, start: number, from: number, end: number): void {
    if (end - from <= MAX_NAME_BYTES && isPlain(this.#b, from, end)) return;
    this.#hashName(field, start, from, end);
  }

  #hashName(field: number, start: number, from: number, end: number): void {
    this.dropped.names++;
    const { replacement } = this.edits;
    const at = replacement.n;
    const digest = this.#options.hash(this.#b.subarray(from, end)).slice(0, 16);
    replacement.field(field, Buffer.from(`hashed:${digest}`));
    this.edits.replace(start, end, at);
  }

  #event(start: number, from: number, end: number): void {
    const b = this.#b;
    const first = this.edits.count;
    let messages = false;
    let kept = 0;
    for (let p = from; p < end; ) {
      const at = p;
      const field = tag(b, p, end);
      p = next;
      switch (field) {
        case SpanEvent.timeUnixNano:
          p = past(p, 8, end);
          break;
        case SpanEvent.name: {
          p = lengthEnd(b, p, end);
          const name = next;
          if (p === name) break;
          if (!isCode(b, name, p) && !isHashedName(b, name, p)) this.#hashName(field, at, name, p);
          else if (contentEvents.has(text(b, name, p))) messages = true;
          break;
        }
        case SpanEvent.attributes:
          p = lengthEnd(b, p, end);
          if (this.#attribute(at, next, p, kept, false)) kept++;
          break;
        case SpanEvent.droppedAttributesCount:
          varint(b, p, end);
          p = next;
          break;
        default:
          p = this.#unknown(at, p, end, field);
      }
    }
    if (messages) {
      this.edits.count = first;
      this.dropped.events++;
      this.edits.drop(start, end);
    } else {
      this.edits.fold(b, start, Span.events, from, end, first);
    }
  }

  #link(start: number, from: number, end: number): void {
    const b = this.#b;
    const first = this.edits.count;
    let ids = 0;
    let broken = false;
    let kept = 0;
    for (let p = from; p < end; ) {
      const at = p;
      const field = tag(b, p, end);
      p = next;
      switch (field) {
        case SpanLink.traceId:
        case SpanLink.spanId: {
          p = lengthEnd(b, p, end);
          const ofTrace = field === SpanLink.traceId;
          ids |= ofTrace ? 1 : 2;
          if (p - next !== (ofTrace ? 16 : 8)) broken = true;
          break;
        }
        case SpanLink.traceState:
          p = lengthEnd(b, p, end);
          this.dropped.traceStates++;
          this.edits.drop(at, p);
          break;
        case SpanLink.attributes:
          p = lengthEnd(b, p, end);
          if (this.#attribute(at, next, p, kept, false)) kept++;
          break;
        case SpanLink.droppedAttributesCount:
          varint(b, p, end);
          p = next;
          break;
        case SpanLink.flags:
          p = past(p, 4, end);
          break;
        default:
          p = this.#unknown(at, p, end, field);
      }
    }
    if (broken || ids !== 3) {
      this.edits.count = first;
      this.dropped.links++;
      this.edits.drop(start, end);
    } else {
      this.edits.fold(b, start, Span.links, from, end, first);
    }
  }

  #status(start: number, from: number, end: number): void {
    const b = this.#b;
    const first = this.edits.count;
    for (let p = from; p < end; ) {
      const at = p;
      const field = tag(b, p, end);
      p = next;
      if (field === Status.code) {
        varint(b, p, end);
        p = next;
      } else if (field === Status.message) {
        p = lengthEnd(b, p, end);
        if (p > next && !isCode(b, next, p)) {
          this.dropped.statusMessages++;
          this.edits.drop(at, p);
        }
      } else {
        p = this.#unknown(at, p, end, field);
      }
    }
    this.edits.fold(b, start, Span.status, from, end, first);
  }
}

function isZero(b: Uint8Array, from: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (b[from + i] !== 0) return false;
  return true;
}

function sameBytes(b: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (b[from + i] !== other[i]) return false;
  return true;
}
