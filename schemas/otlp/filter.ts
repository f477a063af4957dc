/**
 * The privacy allowlist applied to OTLP messages at the wire level: walks a message, notes as edits what must not
 * pass, and builds no objects. What is unknown does not pass, at any depth.
 */
import { FieldFilter } from './field-filter.ts';
import { Resource, Scope, Span } from './fields.ts';
import { filterEvent, filterLink, filterStatus } from './nested-filter.ts';
import { isPlain } from './value-check.ts';
import { lengthEnd, next, past, tag, text, varint } from './wire.ts';

export { type Dropped, nothingDropped } from './dropped.ts';

const MAX_URL_BYTES = 128;
/** Of a plain https URL without query. */
const URL_LIKE = /^https?:\/\/[\w.:-]+(\/[\w.:/-]*)?$/;

export class Filter extends FieldFilter {
  /** Where the trace id of the span last walked stands. */
  traceIdAt = 0;
  /** What is wrong with the span last walked; '' for nothing. */
  fault = '';

  /** Notes the edits of the Span message [from, end); its faults are in `fault`. */
  span(from: number, end: number): void {
    const b = this.b;
    this.fault = '';
    this.traceIdAt = -1;
    this.startSpan();
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
          if (this.attribute(start, next, p, kept, true)) kept++;
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
          this.name(field, start, next, p);
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
          filterEvent(this, start, next, p);
          break;
        case Span.links:
          p = lengthEnd(b, p, end);
          filterLink(this, start, next, p);
          break;
        case Span.status:
          p = lengthEnd(b, p, end);
          filterStatus(this, start, next, p);
          break;
        case Span.traceState:
          p = lengthEnd(b, p, end);
          this.dropped.traceStates++;
          this.edits.drop(start, p);
          break;
        default:
          p = this.unknown(start, p, end, field);
      }
    }
    if (this.traceIdAt < 0) this.#fail('no trace id');
    else if (this.fault === '' && isZero(b, this.traceIdAt, 16)) this.#fail('trace id of zeros');
    if (spanIdAt < 0) this.#fail('no span id');
    else if (this.fault === '' && isZero(b, spanIdAt, 8)) this.#fail('span id of zeros');
    if (!started) this.#fail('no start time');
    if (this.fault === '') this.hashArguments(end);
  }

  /** Notes the edits of a Resource message. */
  resource(from: number, end: number): void {
    this.#plainMessage(from, end, Resource.attributes, Resource.droppedAttributesCount);
  }

  /** Notes the edits of an InstrumentationScope message. */
  scope(from: number, end: number): void {
    const b = this.b;
    let kept = 0;
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(b, p, end);
      p = next;
      switch (field) {
        case Scope.name:
          p = lengthEnd(b, p, end);
          this.name(field, start, next, p);
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
          if (this.attribute(start, next, p, kept, false)) kept++;
          break;
        case Scope.droppedAttributesCount:
          varint(b, p, end);
          p = next;
          break;
        default:
          p = this.unknown(start, p, end, field);
      }
    }
  }

  /** True for a short plain URL; else counted as dropped. */
  schemaUrl(from: number, end: number): boolean {
    if (from === end) return false;
    if (end - from <= MAX_URL_BYTES && isPlain(this.b, from, end) && URL_LIKE.test(text(this.b, from, end))) {
      return true;
    }
    this.dropped.texts++;
    return false;
  }

  #fail(reason: string): void {
    if (this.fault === '') this.fault = reason;
  }

  /** Attributes and one count; nothing else passes. */
  #plainMessage(from: number, end: number, attributes: number, count: number): void {
    const b = this.b;
    let kept = 0;
    for (let p = from; p < end; ) {
      const start = p;
      const field = tag(b, p, end);
      p = next;
      if (field === attributes) {
        p = lengthEnd(b, p, end);
        if (this.attribute(start, next, p, kept, false)) kept++;
      } else if (field === count) {
        varint(b, p, end);
        p = next;
      } else {
        p = this.unknown(start, p, end, field);
      }
    }
  }
}

export function isZero(b: Uint8Array, from: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (b[from + i] !== 0) return false;
  return true;
}
