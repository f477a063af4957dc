/**
 * A trace encoded once, to be stamped out with other ids and times: two TracesData messages, as the part of its leaves and
 * the part of its root would arrive one after the other.
 */
import { ResourceSpans, ScopeSpans, Span, TracesData } from '#schemas/otlp/fields.ts';
import { lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import type { Shape, ShapeSpan } from './builder.ts';

export interface TemplatePart {
  readonly bytes: Uint8Array;
  readonly spans: number;
  /** Places of 16 bytes of trace id. */
  readonly traceIds: Int32Array;
  /** Places of 8 bytes of span or parent id; what they hold is the span's number. */
  readonly spanIds: Int32Array;
  /** Places of fixed64 unix ns; what they hold is ns from the trace's start. */
  readonly times: Int32Array;
}

export interface Template {
  readonly parts: readonly TemplatePart[];
  readonly spans: number;
  readonly durationMs: number;
}

/** The services that export first. */
const LEAVES = new Set(['workers', 'tools']);

/** `instance` tells the services' instances apart. */
export function templateOf({ spans, durationMs }: Shape, instance: number): Template {
  const leaves = spans.filter(({ service }) => LEAVES.has(service));
  const rest = spans.filter(({ service }) => !LEAVES.has(service));
  const parts = [leaves, rest].filter((part) => part.length > 0).map((part) => partOf(part, instance));
  return { parts, spans: spans.length, durationMs };
}

function partOf(spans: readonly ShapeSpan[], instance: number): TemplatePart {
  const services = [...new Set(spans.map(({ service }) => service))];
  const bytes = encodeTraces({
    resourceSpans: services.map((service) => ({
      resource: {
        attributes: {
          'service.name': service,
          'service.instance.id': `${service}-${instance}`,
          'service.version': '3.2.1',
          'telemetry.sdk.language': 'nodejs',
          'telemetry.sdk.name': 'opentelemetry',
        },
      },
      scopeSpans: [
        {
          scope: { name: 'agents', version: '1.4.0' },
          spans: spans.filter((each) => each.service === service),
        },
      ],
    })),
  });
  return { bytes, spans: spans.length, ...placesOf(bytes) };
}

/** Where ids and times stand. The bytes are our own writer's: no fault is expected. */
function placesOf(b: Uint8Array): Pick<TemplatePart, 'traceIds' | 'spanIds' | 'times'> {
  const traceIds: number[] = [];
  const spanIds: number[] = [];
  const times: number[] = [];
  const inside = (from: number, end: number, wanted: number, each: (from: number, end: number) => void) => {
    for (let p = from; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      p = skip(b, start, end, field);
      if (field !== wanted) continue;
      lengthEnd(b, start, end);
      each(next, p);
    }
  };
  const span = (from: number, end: number) => {
    for (let p = from; p < end; ) {
      const field = tag(b, p, end);
      const start = next;
      p = skip(b, start, end, field);
      if (field === Span.traceId) traceIds.push(start + 1);
      else if (field === Span.spanId || field === Span.parentSpanId) spanIds.push(start + 1);
      else if (field === Span.startTimeUnixNano || field === Span.endTimeUnixNano) times.push(start);
    }
  };
  inside(0, b.length, TracesData.resourceSpans, (from, end) =>
    inside(from, end, ResourceSpans.scopeSpans, (begin, stop) => inside(begin, stop, ScopeSpans.spans, span)),
  );
  return {
    traceIds: Int32Array.from(traceIds),
    spanIds: Int32Array.from(spanIds),
    times: Int32Array.from(times),
  };
}

/** What one trace puts into the places of its template. */
export interface Stamp {
  /** 16 bytes. */
  readonly traceId: Uint8Array;
  /** Start, unix ms. */
  readonly startMs: number;
}

const TWO_32 = 2 ** 32;

/** Writes a part with these ids and times to `out` at `at`; returns where it ends. */
export function stampPart(part: TemplatePart, { traceId, startMs }: Stamp, out: Buffer, at: number): number {
  out.set(part.bytes, at);
  for (const place of part.traceIds) out.set(traceId, at + place);
  // A span's id is its number, told apart by the first half of its trace's.
  for (const place of part.spanIds)
    for (let i = 0; i < 4; i++) out[at + place + i] = traceId[i] ^ traceId[i + 4] ^ 0x80;
  // Above 2^53: in halves.
  const start = BigInt(startMs) * 1_000_000n;
  const high = Number(start >> 32n);
  const low = Number(BigInt.asUintN(32, start));
  for (const place of part.times) {
    const p = at + place;
    const sum = low + out.readUInt32LE(p);
    const carry = sum >= TWO_32 ? 1 : 0;
    out.writeUInt32LE(sum >>> 0, p);
    out.writeUInt32LE(high + carry + out.readUInt32LE(p + 4), p + 4);
  }
  return at + part.bytes.length;
}
