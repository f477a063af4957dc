import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { SpanOptions } from '../world.ts';
import { SCOPE } from './scope.ts';

/**
 * Runs `work` inside a new span, which ends with it. An error that `work` throws is recorded (its type only, never
 * its message) and thrown on.
 */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const tracer = trace.getTracer(SCOPE);
  return tracer.startActiveSpan(
    name,
    { kind: options.kind ?? SpanKind.INTERNAL, attributes: options.attributes, root: options.root },
    async (span) => {
      try {
        return await work(span);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttribute('error.type', errorTypeOf(error));
        throw error;
      } finally {
        span.end();
      }
    },
  );
}

/** `error.type` of what was thrown: its class, never its message. */
export function errorTypeOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** Headers that carry the active span to the callee (W3C traceparent). */
export function propagationHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** The context that a caller sent in its headers. */
export function extractContext(headers: Record<string, unknown>) {
  return propagation.extract(context.active(), headers);
}
