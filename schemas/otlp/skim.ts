/**
 * OTLP trace bytes → columns, without building span objects (design §3).
 *
 * Ids, times, kind and status are read; name, attributes, events and links are left where they are, as offsets.
 */
import type { SpanColumns } from './columns.ts';
import { ResourceSpans, ScopeSpans, Span, Status, TracesData } from './fields.ts';
import {
  type Failure,
  guarded,
  lengthEnd,
  next,
  past,
  skip,
  tag,
  uint32,
  varint,
  WireFault,
} from './wire.ts';

export type Skimmed = { ok: true; added: number } | Failure;

/**
 * Appends every span of a `TracesData` message to `into`, which keeps a reference to `otlp`. Never throws; on a
 * failure `into` is as before. Unknown fields are skipped, of a repeated scalar the last counts. Ids must be 16 and
 * 8 bytes (a parent may be missing); offsets are relative to the view `otlp`, not to its ArrayBuffer. Where a
 * ResourceSpans holds two Resource messages the last is pointed to (the splitter has merged them).
 */
export function skimSpans(otlp: Uint8Array, into: SpanColumns): Skimmed {
  const before = into.n;
  const buffers = into.buffers.length;
  const result = guarded((): Skimmed => {
    into.buffers.push(otlp);
    skimTraces(otlp, into, buffers);
    return { ok: true, added: into.n - before };
  });
  if (!result.ok || result.added === 0) {
    into.n = before;
    into.buffers.length = buffers;
  }
  return result;
}

function skimTraces(b: Uint8Array, into: SpanColumns, buffer: number): void {
  const end = b.length;
  for (let p = 0; p < end; ) {
    const field = tag(b, p, end);
    if (field === TracesData.resourceSpans) {
      const e = lengthEnd(b, next, end);
      skimResourceSpans(b, next, e, into, buffer);
      p = e;
    } else {
      p = skip(b, next, end, field);
    }
  }
}

function skimResourceSpans(
  b: Uint8Array,
  from: number,
  end: number,
  into: SpanColumns,
  buffer: number,
): void {
  const first = into.n;
  let resource = 0;
  let resourceLength = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    if (field === ResourceSpans.scopeSpans) {
      const e = lengthEnd(b, next, end);
      skimScopeSpans(b, next, e, into, buffer);
      p = e;
    } else if (field === ResourceSpans.resource) {
      const e = lengthEnd(b, next, end);
      resource = next;
      resourceLength = e - next;
      p = e;
    } else {
      p = skip(b, next, end, field);
    }
  }
  // Afterwards, since the resource may stand behind its spans.
  into.resourceOffset.fill(resource, first, into.n);
  into.resourceLength.fill(resourceLength, first, into.n);
}

function skimScopeSpans(b: Uint8Array, from: number, end: number, into: SpanColumns, buffer: number): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    if (field === ScopeSpans.spans) {
      const e = lengthEnd(b, next, end);
      const row = into.n;
      if (row === into.capacity) into.reserve(row + 1);
      into.buffer[row] = buffer;
      skimSpan(b, next, e, into, row);
      into.n = row + 1;
      p = e;
    } else {
      p = skip(b, next, end, field);
    }
  }
}

/** Copies an id of `size` bytes at `p`; returns the position behind it. */
function copyId(b: Uint8Array, p: number, end: number, size: number, into: Uint8Array, at: number): number {
  const e = lengthEnd(b, p, end);
  if (e - next !== size) throw new WireFault(`id of ${e - next} bytes instead of ${size}`, p);
  for (let i = 0, from = next; i < size; i++) into[at + i] = b[from + i];
  return e;
}

function skimSpan(b: Uint8Array, from: number, end: number, into: SpanColumns, row: number): void {
  const time = into.time;
  let seen = 0;
  let kind = 0;
  let status = 0;
  let name = from;
  let nameLength = 0;
  time.fill(0, row * 4, row * 4 + 4);
  into.parentId.fill(0, row * 8, row * 8 + 8);
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    p = next;
    switch (field) {
      case Span.attributes:
      case Span.events:
      case Span.links:
        p = lengthEnd(b, p, end);
        break;
      case Span.traceId:
        p = copyId(b, p, end, 16, into.traceId, row * 16);
        seen |= 1;
        break;
      case Span.spanId:
        p = copyId(b, p, end, 8, into.spanId, row * 8);
        seen |= 2;
        break;
      case Span.parentSpanId:
        // proto3 writers may write an empty one: no parent.
        if (lengthEnd(b, p, end) === next) {
          into.parentId.fill(0, row * 8, row * 8 + 8);
          p = next;
        } else p = copyId(b, p, end, 8, into.parentId, row * 8);
        break;
      case Span.name:
        p = lengthEnd(b, p, end);
        name = next;
        nameLength = p - next;
        break;
      case Span.kind:
        kind = varint(b, p, end);
        p = next;
        break;
      case Span.startTimeUnixNano: {
        const e = past(p, 8, end);
        time[row * 4] = uint32(b, p);
        time[row * 4 + 1] = uint32(b, p + 4);
        p = e;
        break;
      }
      case Span.endTimeUnixNano: {
        const e = past(p, 8, end);
        time[row * 4 + 2] = uint32(b, p);
        time[row * 4 + 3] = uint32(b, p + 4);
        p = e;
        break;
      }
      case Span.status: {
        const e = lengthEnd(b, p, end);
        status = statusCode(b, next, e, status);
        p = e;
        break;
      }
      default:
        p = skip(b, p, end, field);
    }
  }
  if (seen !== 3) throw new WireFault(seen & 1 ? 'span without span id' : 'span without trace id', from);
  into.kind[row] = kind <= 5 ? kind : 0;
  into.status[row] = status <= 2 ? status : 0;
  into.spanOffset[row] = from;
  into.spanLength[row] = end - from;
  into.nameOffset[row] = name;
  into.nameLength[row] = nameLength;
}

/** A repeated message is merged: a status without a code leaves the code before it. */
function statusCode(b: Uint8Array, from: number, end: number, before: number): number {
  let code = before;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    if (field === Status.code) {
      code = varint(b, next, end);
      p = next;
    } else {
      p = skip(b, next, end, field);
    }
  }
  return code;
}
