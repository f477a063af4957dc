import type { Attributes, SpanKind } from '@opentelemetry/api';

/** A span while its work runs. */
export interface ActiveSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  set(attributes: Attributes): void;
  /** Status ERROR with this `error.type`; never a message. */
  fail(errorType: string): void;
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Starts a new trace, whatever span is active. */
  readonly root?: boolean;
}

/** One HTTP request to the tool service. */
export interface ToolRequest {
  readonly tool: string;
  readonly delayMs: number;
  /** In [0, 1]; undefined: the tool service's own (TOOL_ERROR_RATE). */
  readonly errorRate: number | undefined;
  readonly seed: number;
  /** Which call of the run it is, from 0; with `attempt` and the seed it decides whether the call fails. */
  readonly call: number;
  readonly attempt: number;
  /** Bytes that the tool answers with; 0: a short answer. */
  readonly payloadBytes: number;
  /** Rate at which they come, 10⁶ bytes a second; 0: as fast as it goes. */
  readonly mbPerS: number;
}

export interface ToolAnswer {
  readonly status: number;
  /** Of the answer's body. */
  readonly bytes: number;
}

/** The tool service did not answer, or broke off: no outcome of a tool, but an installation that is not whole. */
export class ToolUnreachable extends Error {
  override name = 'ToolUnreachable';
}

/**
 * What a workflow runs in. The same workflow code runs in the real world (OpenTelemetry SDK, HTTP, timers, disk) and in a
 * virtual one (virtual time, seeded noise, spans kept in memory), so that both give the same span structure.
 */
export interface World {
  /** Milliseconds on a clock that only rises. */
  now(): number;
  wait(ms: number): Promise<void>;
  /** Runs `work` in a new span, the child of the active one. What `work` throws is recorded by type and thrown on. */
  inSpan<T>(name: string, options: SpanOptions, work: (span: ActiveSpan) => Promise<T>): Promise<T>;
  /** In the active span, whose context it carries to the tool. Rejects with ToolUnreachable. */
  callTool(request: ToolRequest): Promise<ToolAnswer>;
  /** Makes bytes durable (write and fsync); writers wait for each other. */
  persist(bytes: Uint8Array): Promise<void>;
}
