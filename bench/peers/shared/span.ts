/** A span as the peers have it: an object with its attributes in an object, however it was decoded. */

export type AttributeValue =
  | string
  | number
  | boolean
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }
  | null;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Unsigned 64-bit unix nanoseconds: decimal digits where they came as JSON. */
export type UnixNano = string | bigint;

export interface SpanEvent {
  readonly timeUnixNano: UnixNano;
  readonly name: string;
  readonly attributes: Attributes;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: Attributes;
}

/** Ids are hex; a missing parent is the empty string. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** OTLP Span.SpanKind. */
  readonly kind: number;
  readonly startTimeUnixNano: UnixNano;
  readonly endTimeUnixNano: UnixNano;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** OTLP Status.StatusCode. */
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly resource: Attributes;
  readonly scopeName: string;
  readonly scopeVersion: string;
}

/** What the door wrote at once into one partition; without spans a tick. */
export interface SpanBatch {
  readonly tenant: string;
  /** The partition's clock, unix ms. */
  readonly receivedAt: number;
  readonly spans: readonly Span[];
}
