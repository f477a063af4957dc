/**
 * OTLP trace bytes → columns, without building span objects (design §3).
 *
 * Ids, times, kind and status are read; name, attributes, events and links are left where they are, as offsets.
 */
import type { SpanColumns } from './columns.ts';
import { ResourceSpans, ScopeSpans, Span, Status, TracesData } from './fields.ts';
import { LINKS } from './key-set.ts';
import {
  type Failure,
  FIRST_TAG,
  guarded,
  LONG,
  lengthEnd,
  next,
  past,
  skip,
  tag,
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
    skimTraces(otlp, new DataView(otlp.buffer, otlp.byteOffset, otlp.length), into, buffers);
    return { ok: true, added: into.n - before };
  });
  if (!result.ok || result.added === 0) {
    into.n = before;
    into.buffers.length = buffers;
  }
  return result;
}

function skimTraces(b: Uint8Array, view: DataView, into: SpanColumns, buffer: number): void {
  const end = b.length;
  for (let p = 0; p < end; ) {
    const field = tag(b, p, end);
    if (field === TracesData.resourceSpans) {
      const e = lengthEnd(b, next, end);
      skimResourceSpans(b, view, next, e, into, buffer);
      p = e;
    } else {
      p = skip(b, next, end, field);
    }
  }
}

function skimResourceSpans(
  b: Uint8Array,
  view: DataView,
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
      skimScopeSpans(b, view, next, e, into, buffer);
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

function skimScopeSpans(
  b: Uint8Array,
  view: DataView,
  from: number,
  end: number,
  into: SpanColumns,
  buffer: number,
): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    if (field === ScopeSpans.spans) {
      const e = lengthEnd(b, next, end);
      const row = into.n;
      if (row === into.capacity) into.reserve(row + 1);
      into.buffer[row] = buffer;
      skimSpan(b, view, next, e, into, row);
      into.n = row + 1;
      p = e;
    } else {
      p = skip(b, next, end, field);
    }
  }
}

/** The end of an id of `size` bytes (less than 128) whose length stands at `p`. */
function idEnd(b: Uint8Array, p: number, end: number, size: number): number {
  if (b[p] === size && p + 1 + size <= end) return p + 1 + size;
  const e = lengthEnd(b, p, end);
  if (e - next !== size) throw new WireFault(`id of ${e - next} bytes instead of ${size}`, p);
  return e;
}

function skimSpan(
  b: Uint8Array,
  view: DataView,
  from: number,
  end: number,
  into: SpanColumns,
  row: number,
): void {
  const { time, traceWords, spanWords, parentWords, keys, at } = into;
  let found = 0;
  let seen = 0;
  let kind = 0;
  let status = 0;
  let name = from;
  let nameLength = 0;
  let start0 = 0;
  let start1 = 0;
  let end0 = 0;
  let end1 = 0;
  let parent0 = 0;
  let parent1 = 0;
  for (let p = from; p < end; ) {
    // What is skipped is nearly all of a span: a tag and a length of a byte each, or a length of two, without a call.
    const first = b[p];
    if ((first === Span.attributes || first === Span.events) && p + 2 < end) {
      const low = b[p + 1];
      const high = b[p + 2];
      if (low < LONG) {
        const e = p + 2 + low;
        if (e <= end) {
          if (keys !== undefined && first === Span.attributes) found = keys.take(b, p + 2, e, at, 0, found);
          p = e;
          continue;
        }
      } else if (high < LONG) {
        const e = p + 3 + (low & 0x7f) + (high << 7);
        if (e <= end) {
          if (keys !== undefined && first === Span.attributes)
            found = keys.takeLong(b, p + 3, e, at, 0, found);
          p = e;
          continue;
        }
      }
    }
    let field = first;
    if (first >= FIRST_TAG && first < LONG) p++;
    else {
      field = tag(b, p, end);
      p = next;
    }
    switch (field) {
      case Span.traceId: {
        const e = idEnd(b, p, end, 16);
        p = e - 16;
        traceWords[row * 4] = view.getUint32(p, true);
        traceWords[row * 4 + 1] = view.getUint32(p + 4, true);
        traceWords[row * 4 + 2] = view.getUint32(p + 8, true);
        traceWords[row * 4 + 3] = view.getUint32(p + 12, true);
        p = e;
        seen |= 1;
        break;
      }
      case Span.spanId: {
        const e = idEnd(b, p, end, 8);
        p = e - 8;
        spanWords[row * 2] = view.getUint32(p, true);
        spanWords[row * 2 + 1] = view.getUint32(p + 4, true);
        p = e;
        seen |= 2;
        break;
      }
      case Span.parentSpanId:
        // proto3 writers may write an empty one: no parent.
        if (b[p] !== 8 && lengthEnd(b, p, end) === next) {
          parent0 = 0;
          parent1 = 0;
          p = next;
        } else {
          const e = idEnd(b, p, end, 8);
          p = e - 8;
          parent0 = view.getUint32(p, true);
          parent1 = view.getUint32(p + 4, true);
          p = e;
        }
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
        start0 = view.getUint32(p, true);
        start1 = view.getUint32(p + 4, true);
        p = e;
        break;
      }
      case Span.endTimeUnixNano: {
        const e = past(p, 8, end);
        end0 = view.getUint32(p, true);
        end1 = view.getUint32(p + 4, true);
        p = e;
        break;
      }
      case Span.status: {
        const e = lengthEnd(b, p, end);
        status = statusCode(b, next, e, status);
        p = e;
        break;
      }
      case Span.attributes: {
        const e = lengthEnd(b, p, end);
        if (keys !== undefined) found = keys.takeLong(b, next, e, at, 0, found);
        p = e;
        break;
      }
      case Span.links:
        found |= LINKS;
        p = skip(b, p, end, field);
        break;
      default:
        p = skip(b, p, end, field);
    }
  }
  if (seen !== 3) throw new WireFault(seen & 1 ? 'span without span id' : 'span without trace id', from);
  parentWords[row * 2] = parent0;
  parentWords[row * 2 + 1] = parent1;
  time[row * 4] = start0;
  time[row * 4 + 1] = start1;
  time[row * 4 + 2] = end0;
  time[row * 4 + 3] = end1;
  into.kind[row] = kind <= 5 ? kind : 0;
  into.status[row] = status <= 2 ? status : 0;
  into.spanOffset[row] = from;
  into.spanLength[row] = end - from;
  into.nameOffset[row] = name;
  into.nameLength[row] = nameLength;
  if (keys !== undefined) into.describe(b, view, row, found);
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
