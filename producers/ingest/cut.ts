/**
 * Parts that are too large for one record, cut between their spans. Most parts are not, and pass as they are.
 *
 * Every piece repeats the resource and scope of its spans; the batcher puts small pieces together again.
 */
import { ResourceSpans, ScopeSpans, TracesData } from '#schemas/otlp/fields.ts';
import type { SplitPart as Part } from '#schemas/otlp/split.ts';
import { guarded, lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { ProtoWriter } from '#schemas/otlp/write.ts';

export interface Cut {
  readonly parts: readonly Part[];
  /** Spans left out, since one alone, with its resource and scope, is larger than the bound. */
  readonly rejected: number;
}

/** Slices of one message: those of one repeated field without their tags, all others whole. */
interface Fields {
  readonly repeated: Uint8Array[];
  readonly others: Uint8Array[];
}

/** Cuts every part larger than `maxBytes`. The parts are valid `TracesData` messages, as the splitter makes them. */
export function cutParts(parts: readonly Part[], maxBytes: number): Cut {
  if (parts.every(({ otlp }) => otlp.length <= maxBytes)) return { parts, rejected: 0 };
  const pieces = parts.map((part) =>
    part.otlp.length <= maxBytes ? { parts: [part], rejected: 0 } : cut(part, maxBytes),
  );
  return {
    parts: pieces.flatMap((piece) => piece.parts),
    rejected: pieces.reduce((sum, piece) => sum + piece.rejected, 0),
  };
}

function cut({ partition, otlp }: Part, maxBytes: number): Cut {
  const parts: Part[] = [];
  let rejected = 0;
  for (const resourceSpans of fieldsOf(otlp, TracesData.resourceSpans).repeated) {
    const resource = fieldsOf(resourceSpans, ResourceSpans.scopeSpans);
    for (const scopeSpans of resource.repeated) {
      const scope = fieldsOf(scopeSpans, ScopeSpans.spans);
      // Room for the tags and lengths of the three enclosing messages.
      const overhead = 24 + sizeOf(resource.others) + sizeOf(scope.others);
      // A repeated header of more than half a record would multiply the body.
      const room = overhead > maxBytes / 2 ? 0 : maxBytes - overhead;
      for (const spans of pack(scope.repeated, room)) {
        if (sizeOf(spans) > room) rejected += spans.length;
        else parts.push({ partition, spanCount: spans.length, otlp: wrap(resource, scope, spans) });
      }
    }
  }
  return { parts, rejected };
}

/** Runs of spans, in order, each of at most `room` bytes or of one span. */
function pack(spans: readonly Uint8Array[], room: number): Uint8Array[][] {
  const runs: Uint8Array[][] = [];
  let size = 0;
  for (const span of spans) {
    size += sizeOf([span]);
    if (runs.length === 0 || size > room) {
      runs.push([]);
      size = sizeOf([span]);
    }
    runs[runs.length - 1].push(span);
  }
  return runs;
}

function wrap(resource: Fields, scope: Fields, spans: readonly Uint8Array[]): Uint8Array {
  const inner = new ProtoWriter();
  for (const span of spans) inner.bytes(ScopeSpans.spans, span);
  const scopeSpans = Buffer.concat([...scope.others, inner.finish()]);
  const middle = new ProtoWriter().bytes(ResourceSpans.scopeSpans, scopeSpans).finish();
  const resourceSpans = Buffer.concat([...resource.others, middle]);
  return new ProtoWriter().bytes(TracesData.resourceSpans, resourceSpans).finish();
}

/** Bytes of the slices, with a tag and a length of at most five bytes each. */
const sizeOf = (slices: readonly Uint8Array[]) => slices.reduce((sum, slice) => sum + slice.length + 6, 0);

function fieldsOf(message: Uint8Array, repeatedTag: number): Fields {
  const fields = guarded(() => {
    const found: Fields = { repeated: [], others: [] };
    for (let p = 0; p < message.length; ) {
      const start = p;
      const fieldTag = tag(message, p, message.length);
      const value = next;
      p = skip(message, value, message.length, fieldTag);
      if (fieldTag !== repeatedTag) found.others.push(message.subarray(start, p));
      else {
        lengthEnd(message, value, message.length);
        found.repeated.push(message.subarray(next, p));
      }
    }
    return found;
  });
  // The splitter has checked these bytes: this is a bug of ours, not bad input.
  if ('reason' in fields) throw new Error(`a part is not valid OTLP: ${fields.reason}`);
  return fields;
}
