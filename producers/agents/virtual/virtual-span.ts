import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ActiveSpan, SpanOptions } from '../world.ts';

export interface SpanIdentity {
  /** 16 bytes. */
  readonly traceId: Uint8Array;
  /** 8 bytes. */
  readonly spanId: Uint8Array;
  readonly parent?: VirtualSpan;
  /** The parent is another process's. */
  readonly remote?: boolean;
}

/** A span of virtual time; times in ms of the scheduler's clock. */
export class VirtualSpan implements ActiveSpan {
  readonly identity: SpanIdentity;
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly start: number;
  end = Number.NaN;
  failed = false;

  constructor(identity: SpanIdentity, name: string, options: SpanOptions, start: number) {
    this.identity = identity;
    this.name = name;
    this.kind = options.kind ?? SpanKind.INTERNAL;
    this.attributes = { ...options.attributes };
    this.start = start;
  }

  get traceId(): string {
    return Buffer.from(this.identity.traceId).toString('hex');
  }

  get spanId(): string {
    return Buffer.from(this.identity.spanId).toString('hex');
  }

  set(attributes: Attributes): void {
    Object.assign(this.attributes, attributes);
  }

  fail(errorType: string): void {
    this.failed = true;
    this.attributes['error.type'] = errorType;
  }
}
