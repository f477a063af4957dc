/** An agent's own exporter: the OpenTelemetry SDK for JavaScript as our agents set it up, and what it is told. */
import { setTimeout as wait } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

export interface Agent {
  /** Spans that the agent has ended. */
  readonly ended: ReadonlySet<string>;
  /** Of exports that the exporter calls a success. */
  readonly accepted: ReadonlySet<string>;
  /** Of exports that it calls a failure: it drops them, and says so. */
  readonly dropped: ReadonlySet<string>;
  /** No more spans; resolves when every export has ended, well or not. */
  stop(): Promise<void>;
}

/** As in producers/agents/telemetry/start.ts. */
const QUEUE = { maxExportBatchSize: 512, maxQueueSize: 65_536, scheduledDelayMillis: 200 };
const EXPORT_TIMEOUT_MS = 10_000;

export function startAgent(ingestUrl: string, spansPerSecond: number): Agent {
  const [ended, accepted, dropped] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const exporter = new OTLPTraceExporter({ url: `${ingestUrl}/v1/traces`, timeoutMillis: EXPORT_TIMEOUT_MS });
  const send = exporter.export.bind(exporter);
  exporter.export = (spans, done) =>
    send(spans, (result) => {
      for (const span of spans) (result.code === 0 ? accepted : dropped).add(span.spanContext().spanId);
      // The SDK throws from a flush for a failure; it has been counted.
      done({ code: 0 });
    });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'outage-agent' }),
    spanProcessors: [new BatchSpanProcessor(exporter, { ...QUEUE, exportTimeoutMillis: 60_000 })],
  });
  const tracer = provider.getTracer('outage');
  const stopped = new AbortController();
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      const span = tracer.startSpan('call', { root: true, attributes: { 'ati.role': 'tool' } });
      span.end();
      ended.add(span.spanContext().spanId);
      await wait(1_000 / spansPerSecond, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    ended,
    accepted,
    dropped,
    async stop() {
      stopped.abort();
      await loop;
      await provider.forceFlush();
      await provider.shutdown();
    },
  };
}
