/**
 * Every metric of ATI, by name, with what a bad value means. Prometheus reads them at /metrics.
 *
 * A process shows only those that it touches: labels make their series on first use.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';

// Event-loop delay, heap, CPU: a delay of over 100 ms means that this process can't keep up.
collectDefaultMetrics();

const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
  new Counter<L>({ name: `ati_${name}`, help, labelNames });
const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
  new Gauge<L>({ name: `ati_${name}`, help, labelNames });
const seconds = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
  new Histogram<L>({
    name: `ati_${name}`,
    help,
    labelNames,
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });

export const metrics = {
  // Ingest. Rejected spans are a sender's fault; dropped attributes are privacy at work, not loss.
  spansAccepted: counter('spans_accepted_total', 'Spans acknowledged: they are on the log'),
  spansRejected: counter('spans_rejected_total', 'Spans refused at the door, by partial success'),
  attributesDropped: counter('attributes_dropped_total', 'What the privacy allowlist dropped', ['what']),
  dataPointsAccepted: counter('data_points_accepted_total', 'Data points acknowledged: they are on the log'),
  dataPointsRejected: counter(
    'data_points_rejected_total',
    'Data points refused at the door, by partial success',
  ),
  logRecordsAccepted: counter('log_records_accepted_total', 'Log records acknowledged: they are on the log'),
  logRecordsRejected: counter(
    'log_records_rejected_total',
    'Log records refused at the door, by partial success',
  ),
  requests: counter('ingest_requests_total', 'Export requests by status; 503 means the log is away', [
    'code',
  ]),
  requestsDenied: counter(
    'requests_denied_total',
    'Requests without a right token (401, 403); rising means that a client has an old one, or somebody tries',
    ['code'],
  ),
  bytesInFlight: gauge('ingest_bytes_in_flight', 'Accepted and not yet on the log; at its bound, 503s begin'),
  batchesProduced: counter('span_batches_produced_total', 'SpanBatches written to ati.spans'),
  telemetryBatchesProduced: counter(
    'telemetry_batches_produced_total',
    'MetricBatches and LogBatches written to ati.telemetry',
    ['signal'],
  ),
  clockDifference: gauge(
    'ingest_clock_difference_ms',
    "How far the broker's clock is ahead of the ingest's; beyond 2,000 either way it is not ready",
  ),
  produceSeconds: seconds('produce_seconds', 'Time of one produce until the broker has it', ['topic']),

  // Consumers. A growing lag means that the consumer is slower than the log; a growing floor age, an old open trace.
  recordsConsumed: counter('records_consumed_total', 'Records read', ['topic']),
  consumerLag: gauge('consumer_lag_records', 'Records of the log that have not been handled yet', [
    'topic',
    'partition',
  ]),
  eventTimeLag: gauge(
    'event_time_lag_ms',
    'Age of the oldest record that has not been handled yet; 0 at the end of the log',
    ['topic', 'partition'],
  ),
  floorAge: gauge('floor_age_ms', 'Age of the oldest thing that holds the committed offset back', [
    'topic',
    'partition',
  ]),
  backPressureSeconds: counter(
    'back_pressure_seconds_total',
    'Time in which a consumer had no room for what it had fetched',
    ['topic'],
  ),
  deadLetters: counter('dead_letters_total', 'Records put aside, by reason; any is worth a look', [
    'topic',
    'reason',
  ]),

  // Processing.
  openTraces: gauge('open_traces', 'Traces in memory', ['partition']),
  tracesClosed: counter('traces_closed_total', 'Traces closed, by why; many partial ones mean lost roots', [
    'why',
  ]),
  spansLate: counter('spans_late_total', 'Spans that came after their trace was done; stored, not analysed'),
  findings: counter('findings_total', 'Findings in traces', ['kind']),
  incidents: counter('incident_events_total', 'Incident events written', ['event', 'kind']),
  operatorActionsUnfit: counter(
    'operator_actions_unfit_total',
    'Actions of operators that came too late to fit their incident; they have no effect',
  ),

  // Sinks.
  rowsWritten: counter('rows_written_total', 'Rows stored in ClickHouse', ['table']),
  insertSeconds: seconds('insert_seconds', 'Time of one insert; seconds mean that ClickHouse is overloaded', [
    'table',
  ]),
  insertRetries: counter('insert_retries_total', 'Inserts tried again; rising means ClickHouse is away', [
    'table',
  ]),
};

/** Gauges of a partition that is not this process's any more: another one shows them now. */
export function forgetPartition(topic: string, partition: number): void {
  const labels = { topic, partition: String(partition) };
  for (const each of [metrics.consumerLag, metrics.eventTimeLag, metrics.floorAge]) each.remove(labels);
}

/** Waits for room, and counts how long a consumer of `topic` waited for it. */
export async function underBackPressure(topic: string, room: Promise<void>): Promise<void> {
  const since = performance.now();
  try {
    await room;
  } finally {
    metrics.backPressureSeconds.inc({ topic }, (performance.now() - since) / 1_000);
  }
}

/** The text that /metrics answers, in Prometheus's exposition format. */
export async function metricsText(): Promise<{ contentType: string; body: string }> {
  return { contentType: register.contentType, body: await register.metrics() };
}
