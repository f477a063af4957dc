/** One Span message → one row of `otel_traces`. */
import { Span, SpanEvent, SpanLink, Status } from '#schemas/otlp/fields.ts';
import { BYTES, lengthEnd, next, past, skip, tag, uint32, varint, WireFault } from '#schemas/otlp/wire.ts';
import { copyBytes, sameBytes, wordsOf } from '#schemas/otlp/words.ts';
import { Ranges } from '../otlp/ranges.ts';
import { writeTime } from '../otlp/values.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { findLast, valueFrom, valueTo } from './last-field.ts';
import type { SpanColumns } from './span-columns.ts';

/** 32 digits, with their length. */
const TRACE_ID_BYTES = 33;

const events = new Ranges();
const links = new Ranges();

/** end − start in ns; 0 where the end is missing or before the start. */
function writeDuration(out: RowBuffer, sLow: number, sHigh: number, eLow: number, eHigh: number): void {
  if (eHigh < sHigh || (eHigh === sHigh && eLow <= sLow)) out.words(0, 0);
  else out.words((eLow - sLow) >>> 0, (eHigh - sHigh - (eLow < sLow ? 1 : 0)) >>> 0);
}

function checkSize(p: number, size: number, wanted: number): void {
  if (size !== wanted) throw new WireFault(`id of ${size} bytes instead of ${wanted}`, p);
}

function allZero(b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (b[i] !== 0) return false;
  return true;
}

/** Spans of one trace come together: what its id has become stands there already. */
function writeTraceId(out: SpanColumns, b: Uint8Array, words: DataView, at: number): void {
  const { values } = out.traceId;
  if (out.hasTraceId && sameBytes(out.lastTraceId, 0, words, at, 16)) {
    values.again(values.length - TRACE_ID_BYTES, TRACE_ID_BYTES);
    return;
  }
  values.hex(b, at, at + 16);
  copyBytes(words, at, out.lastTraceId, 0, 16);
  out.hasTraceId = true;
}

/** Appends what the Span message b[from, end) has of its row. Throws WireFault; then some columns have it already. */
export function writeSpanRow(out: SpanColumns, b: Uint8Array, from: number, end: number): void {
  let traceId = -1;
  let spanId = -1;
  let parent = 0;
  let parentTo = 0;
  let state = 0;
  let stateTo = 0;
  let name = 0;
  let nameTo = 0;
  let kind = 0;
  let code = 0;
  let message = 0;
  let messageTo = 0;
  let sLow = 0;
  let sHigh = 0;
  let eLow = 0;
  let eHigh = 0;
  const words = wordsOf(b);
  const attributes = out.spanAttributes;
  /** All attributes so far are in their column. */
  let usual = true;
  attributes.begin();
  events.n = 0;
  links.n = 0;
  for (let p = from; p < end; ) {
    let field = b[p];
    if (usual && field === Span.attributes) {
      const to = attributes.run(b, words, p, end, Span.attributes);
      usual = to > p;
      p = to;
      continue;
    }
    let start = p + 1;
    /** Of a length-delimited field: where its bytes begin. */
    let value = p + 2;
    // Nearly all: a tag and a length of one byte each.
    if ((field & 0x87) === BYTES && field > 7 && start < end && b[start] < 0x80) {
      p = value + b[start];
      if (p > end) lengthEnd(b, start, end);
    } else {
      field = tag(b, p, end);
      start = next;
      p = skip(b, start, end, field);
      value = next;
    }
    switch (field) {
      case Span.traceId:
        checkSize(start, p - value, 16);
        traceId = value;
        break;
      case Span.spanId:
        checkSize(start, p - value, 8);
        spanId = value;
        break;
      case Span.traceState:
        state = value;
        stateTo = p;
        break;
      case Span.parentSpanId:
        if (p > value) checkSize(start, p - value, 8);
        parent = value;
        parentTo = p;
        break;
      case Span.name:
        name = value;
        nameTo = p;
        break;
      case Span.kind:
        kind = varint(b, start, end);
        break;
      case Span.startTimeUnixNano:
        sLow = uint32(b, start);
        sHigh = uint32(b, start + 4);
        break;
      case Span.endTimeUnixNano:
        eLow = uint32(b, start);
        eHigh = uint32(b, start + 4);
        break;
      case Span.events:
        events.add(value, p);
        break;
      case Span.links:
        links.add(value, p);
        break;
      case Span.status: {
        // A repeated message is merged: only what this one has replaces what came before.
        for (let q = value; q < p; ) {
          const inner = tag(b, q, p);
          const at = next;
          q = skip(b, at, p, inner);
          if (inner === Status.code) code = varint(b, at, p);
          else if (inner === Status.message) {
            lengthEnd(b, at, p);
            message = next;
            messageTo = q;
          }
        }
        break;
      }
    }
  }
  if (traceId < 0 || spanId < 0) {
    throw new WireFault(traceId < 0 ? 'span without trace id' : 'span without span id', from);
  }
  writeTime(out.timestamp.values, sLow, sHigh);
  writeTraceId(out, b, words, traceId);
  out.spanId.values.hex(b, spanId, spanId + 8);
  if (allZero(b, parent, parentTo)) out.parentSpanId.values.uint8(0);
  else out.parentSpanId.values.hex(b, parent, parentTo);
  out.traceState.values.string(b, state, stateTo);
  out.spanName.add(b, name, nameTo);
  out.spanKind.addWord(kind);
  if (usual) attributes.end();
  else attributes.addAny(b, from, end, Span.attributes);
  writeDuration(out.duration.values, sLow, sHigh, eLow, eHigh);
  out.statusCode.addWord(code);
  out.statusMessage.values.string(b, message, messageTo);
  writeEvents(out, b);
  writeLinks(out, b);
}

/** Nested columns are arrays of equal length. */
function writeEvents(out: SpanColumns, b: Uint8Array): void {
  const { n } = events;
  out.eventTimes.sizes.push(n);
  for (let i = 0; i < n; i++) {
    const end = events.to(i);
    let low = 0;
    let high = 0;
    for (let p = events.from(i); p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      p = skip(b, start, end, field);
      if (field !== SpanEvent.timeUnixNano) continue;
      past(start, 8, end);
      low = uint32(b, start);
      high = uint32(b, start + 4);
    }
    writeTime(out.eventTimes.items.values, low, high);
  }
  for (let i = 0; i < n; i++) {
    findLast(b, events.from(i), events.to(i), SpanEvent.name);
    out.eventNames.items.add(b, valueFrom, valueTo);
  }
  for (let i = 0; i < n; i++)
    out.eventAttributes.items.add(b, events.from(i), events.to(i), SpanEvent.attributes);
}

/** Ids of a wrong length are kept as they are. */
function writeLinks(out: SpanColumns, b: Uint8Array): void {
  const { n } = links;
  out.linkTraceIds.sizes.push(n);
  for (let i = 0; i < n; i++) {
    findLast(b, links.from(i), links.to(i), SpanLink.traceId);
    out.linkTraceIds.items.values.hex(b, valueFrom, valueTo);
  }
  for (let i = 0; i < n; i++) {
    findLast(b, links.from(i), links.to(i), SpanLink.spanId);
    out.linkSpanIds.items.values.hex(b, valueFrom, valueTo);
  }
  for (let i = 0; i < n; i++) {
    findLast(b, links.from(i), links.to(i), SpanLink.traceState);
    out.linkStates.items.values.string(b, valueFrom, valueTo);
  }
  for (let i = 0; i < n; i++)
    out.linkAttributes.items.add(b, links.from(i), links.to(i), SpanLink.attributes);
}
