import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { SpanOptions } from './world.ts';

export interface TelemetryOptions {
  readonly serviceName: string;
  readonly instanceId: string;
  /** Base URL of an OTLP/HTTP receiver; spans go to `${endpoint}/v1/traces`. */
  readonly endpoint: string;
  /** How often the batch processor exports, in ms. */
  readonly exportDelayMs: number;
}

export interface Telemetry {
  /** Exports every ended span; rejects when the receiver did not take them. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Where an OTLP/HTTP receiver takes one signal. */
function urlOf(options: TelemetryOptions, signal: 'traces'): string {
  return `${options.endpoint.replace(/\/$/, '')}/v1/${signal}`;
}

/** What every signal of this process names as its source. */
function resourceOf(options: TelemetryOptions) {
  return resourceFromAttributes({
    'service.name': options.serviceName,
    'service.instance.id': options.instanceId,
  });
}

/** Registers the OpenTelemetry SDK (traces over OTLP/HTTP, W3C propagation) for this process. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const exporter = new OTLPTraceExporter({ url: urlOf(options, 'traces') });
  const processor = new BatchSpanProcessor(exporter, {
    scheduledDelayMillis: options.exportDelayMs,
    maxExportBatchSize: 512,
    // The default of 2048 drops spans when several wide fan-outs end at once.
    maxQueueSize: 65_536,
  });
  const provider = new NodeTracerProvider({
    resource: resourceOf(options),
    spanProcessors: [processor],
  });
  provider.register();
  return { flush: () => provider.forceFlush(), close: () => provider.shutdown() };
}

/**
 * Runs `work` inside a new span, which ends with it. An error that `work` throws is recorded (its type only, never
 * its message) and thrown on.
 */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const tracer = trace.getTracer('ati.agents');
  return tracer.startActiveSpan(
    name,
    { kind: options.kind ?? SpanKind.INTERNAL, attributes: options.attributes, root: options.root },
    async (span) => {
      try {
        return await work(span);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
        throw error;
      } finally {
        span.end();
      }
    },
  );
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
