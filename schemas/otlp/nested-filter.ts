/** The allowlist on the messages inside a span: each becomes at most one edit of the span. */
import { CONTENT_EVENTS } from './allowlist-table.ts';
import type { FieldFilter } from './field-filter.ts';
import { Span, SpanEvent, SpanLink, Status } from './fields.ts';
import { isCode, isHashedName } from './value-check.ts';
import { lengthEnd, next, past, tag, text, varint } from './wire.ts';

const contentEvents = new Set(CONTENT_EVENTS);

/** The Event message [from, end) of the field at `start`. */
export function filterEvent(filter: FieldFilter, start: number, from: number, end: number): void {
  const { b, edits, dropped } = filter;
  const first = edits.count;
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
        if (!isCode(b, name, p) && !isHashedName(b, name, p)) filter.hashName(field, at, name, p);
        else if (contentEvents.has(text(b, name, p))) messages = true;
        break;
      }
      case SpanEvent.attributes:
        p = lengthEnd(b, p, end);
        if (filter.attribute(at, next, p, kept, false)) kept++;
        break;
      case SpanEvent.droppedAttributesCount:
        varint(b, p, end);
        p = next;
        break;
      default:
        p = filter.unknown(at, p, end, field);
    }
  }
  if (messages) {
    edits.count = first;
    dropped.events++;
    edits.drop(start, end);
  } else {
    edits.fold(b, start, Span.events, from, end, first);
  }
}

/** The Link message [from, end) of the field at `start`. */
export function filterLink(filter: FieldFilter, start: number, from: number, end: number): void {
  const { b, edits, dropped } = filter;
  const first = edits.count;
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
        dropped.traceStates++;
        edits.drop(at, p);
        break;
      case SpanLink.attributes:
        p = lengthEnd(b, p, end);
        if (filter.attribute(at, next, p, kept, false)) kept++;
        break;
      case SpanLink.droppedAttributesCount:
        varint(b, p, end);
        p = next;
        break;
      case SpanLink.flags:
        p = past(p, 4, end);
        break;
      default:
        p = filter.unknown(at, p, end, field);
    }
  }
  if (broken || ids !== 3) {
    edits.count = first;
    dropped.links++;
    edits.drop(start, end);
  } else {
    edits.fold(b, start, Span.links, from, end, first);
  }
}

/** The Status message [from, end) of the field at `start`. */
export function filterStatus(filter: FieldFilter, start: number, from: number, end: number): void {
  const { b, edits, dropped } = filter;
  const first = edits.count;
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
        dropped.statusMessages++;
        edits.drop(at, p);
      }
    } else {
      p = filter.unknown(at, p, end, field);
    }
  }
  edits.fold(b, start, Span.status, from, end, first);
}
