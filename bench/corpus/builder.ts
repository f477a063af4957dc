/** Spans of one example trace, times in ms from its start: what templates are encoded from. */
import type { OtlpAttributes, OtlpSpan } from '#schemas/otlp/write.ts';

const NS_PER_MS = 1e6;
/** Protobuf leaves a time of 0 out, and what is not there cannot be stamped: traces start a millisecond later. */
const START_MS = 1;
export const TRACE_ID = 'f'.repeat(32);

export interface ShapeSpan extends OtlpSpan {
  readonly service: string;
}

/** A trace as its services export it: their spans in order of end. */
export interface Shape {
  readonly spans: readonly ShapeSpan[];
  readonly durationMs: number;
}

export class ShapeBuilder {
  readonly #spans: ShapeSpan[] = [];
  readonly #common: OtlpAttributes;

  /** `common`: attributes that every span has. */
  constructor(common: OtlpAttributes) {
    this.#common = common;
  }

  /** Adds a span and gives its id: its number, so that a template knows it again. */
  span(
    service: string,
    name: string,
    parent: string | undefined,
    fromMs: number,
    toMs: number,
    attributes: OtlpAttributes,
    more: Partial<OtlpSpan> = {},
  ): string {
    const spanId = (this.#spans.length + 1).toString(16).padStart(16, '0');
    this.#spans.push({
      service,
      traceId: TRACE_ID,
      spanId,
      ...(parent !== undefined && { parentSpanId: parent }),
      name,
      kind: 1,
      startTimeUnixNano: BigInt(Math.round((START_MS + fromMs) * NS_PER_MS)),
      endTimeUnixNano: BigInt(Math.round((START_MS + toMs) * NS_PER_MS)),
      attributes: { ...this.#common, ...attributes },
      ...more,
    });
    return spanId;
  }

  shape(): Shape {
    const end = (span: ShapeSpan) => Number(span.endTimeUnixNano) / NS_PER_MS;
    const spans = [...this.#spans].sort((a, b) => end(a) - end(b));
    return { spans, durationMs: Math.max(...spans.map(end)) };
  }
}
