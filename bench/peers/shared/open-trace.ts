import type { AnalysedSignal } from './detection/analyse.ts';
import type { Span } from './span.ts';

/** A trace from its first span until it is over: what both peers keep of it. When it closes each decides in its own way. */
export class OpenTrace {
  readonly tenant: string;
  readonly traceId: string;
  /** Tenant and trace id: its key, and its place among traces that close at the same moment. */
  readonly order: string;
  /** Offset of the record with its first span. */
  readonly firstOffset: number;
  readonly spans: Span[] = [];
  /** Its root has come. */
  rooted = false;
  revision = 0;
  /** Fixed by revision 1. */
  eventTime = 0;
  /** Agent operations that some revision had a signal for. */
  readonly signalled = new Map<string, Pick<AnalysedSignal, 'scope' | 'agent' | 'operation'>>();
  readonly #seen = new Set<string>();

  constructor(tenant: string, traceId: string, firstOffset: number) {
    this.tenant = tenant;
    this.traceId = traceId;
    this.order = orderOf(tenant, traceId);
    this.firstOffset = firstOffset;
  }

  /** Takes a span; false for one that it has. */
  add(span: Span): boolean {
    const identity = identityOf(span);
    if (this.#seen.has(identity)) return false;
    this.#seen.add(identity);
    this.spans.push(span);
    if (span.parentSpanId === '') this.rooted = true;
    return true;
  }
}

export function orderOf(tenant: string, traceId: string): string {
  return `${tenant}\0${traceId}`;
}

/** A span that comes again has the same id, start and kind. */
function identityOf({ spanId, startTimeUnixNano, kind }: Span): string {
  return `${spanId}/${startTimeUnixNano}/${kind}`;
}
