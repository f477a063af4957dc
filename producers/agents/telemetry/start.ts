import { context, DiagLogLevel, diag, metrics, propagation, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { authorizationOf } from '#infra/access/own-token.ts';
import type { Logger } from '#infra/log.ts';
import { observeEventLoop } from './event-loop.ts';
import { ExportFailures } from './export-failures.ts';

export interface TelemetryOptions {
  readonly serviceName: string;
  readonly instanceId: string;
  /** Base URL of an OTLP/HTTP receiver: `${endpoint}/v1/traces`, `/v1/metrics`, `/v1/logs`. */
  readonly endpoint: string;
  /** Sent to it as a bearer token, unless OTEL_EXPORTER_OTLP_HEADERS names another authorization; '': none. */
  readonly token: string;
  /** How long ended spans and log records are gathered before they are exported, in ms. */
  readonly exportDelayMs: number;
  /** How often metrics are collected and exported, in ms. */
  readonly metricsIntervalMs: number;
  /** Gets a line a minute, at most, while exports fail. */
  readonly log: Pick<Logger, 'warn'>;
}

export interface Telemetry {
  /** Exports every ended span, every log record and the metrics of now; rejects when the receiver did not take them. */
  flush(): Promise<void>;
  /** The same for the last time, never rejects, and gives up after 5 s: a receiver that is gone holds nobody back. */
  close(): Promise<void>;
}

/** Of the SDK's queues. The default of 2048 drops spans when several wide fan-outs end at once. */
const QUEUE = { maxExportBatchSize: 512, maxQueueSize: 65_536 };
/** Of an export with its retries, as the OTLP exporters have it. */
const EXPORT_TIMEOUT_MS = 10_000;
/** Within a stage of the lifecycle, which has 10 s for all of its hooks. */
const CLOSE_MS = 5_000;

/**
 * Registers the OpenTelemetry SDK for this process: traces, metrics (its event loop's among them) and logs over OTLP/HTTP
 * from one resource, and W3C propagation. One at a time; what is measured is made after it.
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const failures = new ExportFailures(options.log, options.endpoint);
  const tell = (message: string) => failures.add('sdk', new Error(message));
  // Partial success, queues that overflow.
  diag.setLogger(
    { error: tell, warn: tell, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const resource = resourceFromAttributes({
    'service.name': options.serviceName,
    'service.instance.id': options.instanceId,
  });
  const to = (signal: 'traces' | 'metrics' | 'logs', timeoutMillis = EXPORT_TIMEOUT_MS) => ({
    url: `${options.endpoint.replace(/\/$/, '')}/v1/${signal}`,
    timeoutMillis,
    headers: headersOf(signal, options.token),
  });
  const batches = { ...QUEUE, scheduledDelayMillis: options.exportDelayMs };

  const spanExporter = failures.watch('traces', new OTLPTraceExporter(to('traces')));
  const tracerProvider = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(spanExporter, batches)],
  });
  tracerProvider.register();

  const logExporter = failures.watch('logs', new OTLPLogExporter(to('logs')));
  const loggerProvider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ ...batches, exporter: logExporter })],
  });
  logs.setGlobalLoggerProvider(loggerProvider);

  // An export has ended, retries and all, before the next one is due.
  const within = Math.min(EXPORT_TIMEOUT_MS, Math.ceil(options.metricsIntervalMs * 0.9));
  const metricExporter = failures.watch('metrics', new OTLPMetricExporter(to('metrics', within)));
  const meterProvider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: metricExporter,
        exportIntervalMillis: options.metricsIntervalMs,
      }),
    ],
  });
  metrics.setGlobalMeterProvider(meterProvider);
  const endEventLoop = observeEventLoop();

  const providers = [tracerProvider, loggerProvider, meterProvider];
  const exporters = [spanExporter, logExporter, metricExporter];
  return {
    async flush() {
      const before = failures.total;
      await Promise.all(providers.map((each) => each.forceFlush()));
      // Those that were on their way already.
      await Promise.all(exporters.map((each) => each.forceFlush()));
      if (failures.total > before) throw new Error(`telemetry was not taken: ${failures.reason}`);
    },
    async close() {
      await shutDown(providers, tell);
      endEventLoop();
      failures.tell();
      for (const api of [trace, metrics, logs, context, propagation, diag]) api.disable();
    },
  };
}

async function shutDown(
  providers: readonly { shutdown(): Promise<void> }[],
  tell: (message: string) => void,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(resolve, CLOSE_MS, 'late');
  const ends = await Promise.race([Promise.allSettled(providers.map((each) => each.shutdown())), late]);
  clearTimeout(timer);
  if (ends === 'late') return tell(`gave up after ${CLOSE_MS} ms`);
  for (const end of ends) if (end.status === 'rejected') tell(String(end.reason));
}

/** What a user gave the SDK itself goes first; the exporters add it to these. */
function headersOf(signal: 'traces' | 'metrics' | 'logs', token: string): Record<string, string> {
  const given = ['', `${signal.toUpperCase()}_`].map(
    (each) => process.env[`OTEL_EXPORTER_OTLP_${each}HEADERS`],
  );
  return given.some((list) => /(^|,)\s*authorization\s*=/i.test(list ?? ''))
    ? {}
    : { ...authorizationOf(token) };
}
