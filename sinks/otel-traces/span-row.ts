/** One Span message → one row of `otel_traces`. */
import { Span, SpanEvent, SpanLink, Status } from '#schemas/otlp/fields.ts';
import { lengthEnd, next, past, skip, tag, uint32, varint, WireFault } from '#schemas/otlp/wire.ts';
import { Ranges } from '../otlp/ranges.ts';
import { writeTime } from '../otlp/values.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { writeAttributeMap } from './attribute-map.ts';
import { findLast, valueFrom, valueTo } from './last-field.ts';
import type { RowContext } from './rowbinary.ts';

/** As the Collector's exporter writes them, by OTLP's numbers; what is unknown counts as the first. */
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const CODES = ['Unset', 'Ok', 'Error'];

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

/** Appends the row of the Span message b[from, end). Throws WireFault. */
export function writeSpanRow(
  out: RowBuffer,
  b: Uint8Array,
  from: number,
  end: number,
  context: RowContext,
): void {
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
  events.n = 0;
  links.n = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    switch (field) {
      case Span.traceId:
        lengthEnd(b, start, end);
        checkSize(start, p - next, 16);
        traceId = next;
        break;
      case Span.spanId:
        lengthEnd(b, start, end);
        checkSize(start, p - next, 8);
        spanId = next;
        break;
      case Span.traceState:
        lengthEnd(b, start, end);
        state = next;
        stateTo = p;
        break;
      case Span.parentSpanId:
        lengthEnd(b, start, end);
        if (p > next) checkSize(start, p - next, 8);
        parent = next;
        parentTo = p;
        break;
      case Span.name:
        lengthEnd(b, start, end);
        name = next;
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
        lengthEnd(b, start, end);
        events.add(next, p);
        break;
      case Span.links:
        lengthEnd(b, start, end);
        links.add(next, p);
        break;
      case Span.status: {
        lengthEnd(b, start, end);
        // A repeated message is merged: only what this one has replaces what came before.
        for (let q = next; q < p; ) {
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
  writeTime(out, sLow, sHigh);
  out.hex(b, traceId, traceId + 16);
  out.hex(b, spanId, spanId + 8);
  if (allZero(b, parent, parentTo)) out.uint8(0);
  else out.hex(b, parent, parentTo);
  out.string(b, state, stateTo);
  out.string(b, name, nameTo);
  out.text(KINDS[kind] ?? KINDS[0]);
  out.raw(context.resource.view(), 0, context.resource.length);
  out.raw(context.scope.view(), 0, context.scope.length);
  writeAttributeMap(out, b, from, end, Span.attributes);
  writeDuration(out, sLow, sHigh, eLow, eHigh);
  out.text(CODES[code] ?? CODES[0]);
  out.string(b, message, messageTo);
  writeEvents(out, b);
  writeLinks(out, b);
  out.raw(context.batch.view(), 0, context.batch.length);
}

/** Writes the last field `wanted` (length-delimited) of the message b[from, end) as a String, or in hex. */
function writeField(out: RowBuffer, b: Uint8Array, from: number, end: number, wanted: number, hex: boolean) {
  findLast(b, from, end, wanted);
  if (hex) out.hex(b, valueFrom, valueTo);
  else out.string(b, valueFrom, valueTo);
}

/** Nested columns are arrays of equal length: Events.Timestamp, Events.Name, Events.Attributes. */
function writeEvents(out: RowBuffer, b: Uint8Array): void {
  out.varint(events.n);
  for (let i = 0; i < events.n; i++) {
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
    writeTime(out, low, high);
  }
  out.varint(events.n);
  for (let i = 0; i < events.n; i++) {
    writeField(out, b, events.from(i), events.to(i), SpanEvent.name, false);
  }
  out.varint(events.n);
  for (let i = 0; i < events.n; i++) {
    writeAttributeMap(out, b, events.from(i), events.to(i), SpanEvent.attributes);
  }
}

/** Links.TraceId, Links.SpanId, Links.TraceState, Links.Attributes. Ids of a wrong length are kept as they are. */
function writeLinks(out: RowBuffer, b: Uint8Array): void {
  for (const [field, hex] of LINK_FIELDS) {
    out.varint(links.n);
    for (let i = 0; i < links.n; i++) writeField(out, b, links.from(i), links.to(i), field, hex);
  }
  out.varint(links.n);
  for (let i = 0; i < links.n; i++) {
    writeAttributeMap(out, b, links.from(i), links.to(i), SpanLink.attributes);
  }
}

const LINK_FIELDS = [
  [SpanLink.traceId, true],
  [SpanLink.spanId, true],
  [SpanLink.traceState, false],
] as const;
