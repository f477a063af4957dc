import { setTimeout as wait } from 'node:timers/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import { inSpan, propagationHeaders } from '../telemetry/spans.ts';
import {
  type ActiveSpan,
  type SpanOptions,
  type ToolAnswer,
  type ToolRequest,
  ToolUnreachable,
  type World,
} from '../world.ts';
import type { Journal } from './journal.ts';

/** The real world: spans of the OpenTelemetry SDK, HTTP to the tool service, timers, and a journal on disk. */
export class LiveWorld implements World {
  readonly #toolUrl: string;
  readonly #journal: Journal;
  readonly #signal: AbortSignal | undefined;

  /** `toolUrl`: base URL of the tool service. `signal`: when it aborts, waits and calls reject, so that runs end at once. */
  constructor(toolUrl: string, journal: Journal, signal?: AbortSignal) {
    this.#toolUrl = toolUrl;
    this.#journal = journal;
    this.#signal = signal;
  }

  now(): number {
    return performance.now();
  }

  async wait(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#signal });
  }

  inSpan<T>(name: string, options: SpanOptions, work: (span: ActiveSpan) => Promise<T>): Promise<T> {
    return inSpan(name, options, (span) => {
      const { traceId, spanId } = span.spanContext();
      return work({
        traceId,
        spanId,
        set: (attributes) => void span.setAttributes(attributes),
        fail: (errorType) => {
          span.setStatus({ code: SpanStatusCode.ERROR });
          span.setAttribute('error.type', errorType);
        },
      });
    });
  }

  async callTool(request: ToolRequest): Promise<ToolAnswer> {
    const url = new URL(`/tool/${request.tool}`, this.#toolUrl);
    const query: Record<string, number | undefined> = {
      delay_ms: Math.round(request.delayMs),
      error_rate: request.errorRate,
      seed: request.seed,
      call: request.call,
      attempt: request.attempt,
      ...(request.payloadBytes > 0 && { size_bytes: request.payloadBytes, mb_per_s: request.mbPerS }),
    };
    for (const [key, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(key, String(value));
    try {
      const response = await fetch(url, { headers: propagationHeaders(), signal: this.#signal });
      let bytes = 0;
      if (response.body) for await (const piece of response.body) bytes += (piece as Uint8Array).byteLength;
      return { status: response.status, bytes };
    } catch (error) {
      if (this.#signal?.aborted) throw error;
      throw new ToolUnreachable(`the tool service at ${url.origin} does not answer: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  persist(bytes: Uint8Array): Promise<void> {
    return this.#journal.append(bytes);
  }
}

/** fetch says "fetch failed" and keeps the reason (ECONNREFUSED …) in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return String(error);
}
