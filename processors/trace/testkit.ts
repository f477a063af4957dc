/** For tests: traces from short descriptions, through the same OTLP bytes that the pipeline reads. */
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { encodeTraces, type OtlpAttributes, type OtlpSpan } from '#schemas/otlp/write.ts';
import { buildTraceView } from './build.ts';
import type { WritableView } from './view.ts';

/** Times in ms from the trace's start. */
export interface TestSpan {
  readonly id: number;
  readonly parent?: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly kind?: number;
  readonly error?: boolean;
  readonly service?: string;
  readonly instance?: string;
  /** More attributes of its resource. */
  readonly resource?: Readonly<Record<string, string>>;
  readonly attributes?: OtlpAttributes;
  /** Ids of spans of the same trace. */
  readonly links?: readonly number[];
}

export const TEST_TRACE = '0af7651916cd43dd8448eb211c80319c';
export const TEST_START_NS = 1_790_000_000_000_000_000n;

export const hexId = (id: number): string => id.toString(16).padStart(16, '0');

function otlpSpan(span: TestSpan): OtlpSpan {
  const nanos = (ms: number) => TEST_START_NS + BigInt(Math.round(ms * 1e6));
  return {
    traceId: TEST_TRACE,
    spanId: hexId(span.id),
    parentSpanId: span.parent === undefined ? undefined : hexId(span.parent),
    name: span.name,
    kind: span.kind ?? 1,
    startTimeUnixNano: nanos(span.start),
    endTimeUnixNano: nanos(span.end),
    attributes: span.attributes,
    links: span.links?.map((id) => ({ traceId: TEST_TRACE, spanId: hexId(id) })),
    status: span.error ? { code: 2 } : undefined,
  };
}

/** The spans as one OTLP message, a ResourceSpans for each run of spans of one service and instance. */
export function encodeSpans(spans: readonly TestSpan[]): Uint8Array {
  const groups: { key: string; attributes: Record<string, string>; spans: OtlpSpan[] }[] = [];
  for (const span of spans) {
    const service = span.service ?? 'app';
    const key = JSON.stringify([service, span.instance, span.resource]);
    if (groups.at(-1)?.key !== key) {
      const attributes: Record<string, string> = { 'service.name': service, ...span.resource };
      if (span.instance !== undefined) attributes['service.instance.id'] = span.instance;
      groups.push({ key, attributes, spans: [] });
    }
    groups.at(-1)!.spans.push(otlpSpan(span));
  }
  return encodeTraces({
    resourceSpans: groups.map((group) => ({
      resource: { attributes: group.attributes },
      scopeSpans: [{ spans: group.spans }],
    })),
  });
}

/** Rows in the order given, as they would arrive. */
export function columnsOf(spans: readonly TestSpan[]): SpanColumns {
  const columns = new SpanColumns(spans.length);
  const skimmed = skimSpans(encodeSpans(spans), columns);
  if (!skimmed.ok) throw new Error(skimmed.reason);
  return columns;
}

export function viewOf(spans: readonly TestSpan[]): WritableView {
  return buildTraceView(columnsOf(spans));
}

/** The same spans in another order, the same for the same seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed | 1;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
