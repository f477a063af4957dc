/** Parts of exports → records of ati.spans and ati.telemetry. */
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { encode } from '#schemas/codec.ts';
import type { BySignal } from './signals.ts';

/** What goes to one partition together. */
export interface Part {
  readonly partition: number;
  /** service.name, which is the record's key; '' for spans, whose partition is their trace's. */
  readonly service: string;
  /** Spans, data points or log records. */
  readonly count: number;
  /** A valid OTLP `TracesData`, `MetricsData` or `LogsData` message. */
  readonly otlp: Uint8Array;
}

export interface Batch extends Part {
  readonly tenant: string;
  /** Unix milliseconds. */
  readonly receivedAt: number;
}

export type RecordOf = (batch: Batch) => OutgoingRecord;

export const RECORD_OF: BySignal<RecordOf> = {
  traces: ({ partition, tenant, receivedAt, count, otlp }) => ({
    partition,
    key: null,
    value: encode('SpanBatch', { tenant, receivedAt, spanCount: count, otlp }),
  }),
  metrics: ({ partition, service, tenant, receivedAt, count, otlp }) => ({
    partition,
    key: service,
    value: encode('MetricBatch', { tenant, receivedAt, service, pointCount: count, otlp }),
  }),
  logs: ({ partition, service, tenant, receivedAt, count, otlp }) => ({
    partition,
    key: service,
    value: encode('LogBatch', { tenant, receivedAt, service, recordCount: count, otlp }),
  }),
};
