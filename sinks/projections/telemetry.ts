/** Metrics and logs share their topic, so one projection writes their six tables. */
import { decode } from '#schemas/codec.ts';
import { appendLogs, OTEL_LOGS_COLUMNS } from '../otel-logs/rowbinary.ts';
import { appendMetrics, METRIC_KINDS } from '../otel-metrics/rowbinary.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import type { TablesProjection } from './projection.ts';

const METRIC_TABLES = METRIC_KINDS.map(({ table, columns }) => ({ table, columns }));
const NO_METRICS = METRIC_TABLES.map(() => 0);

export const telemetry: TablesProjection = {
  name: 'telemetry',
  topic: 'telemetry',
  tables: [...METRIC_TABLES, { table: 'otel_logs', columns: OTEL_LOGS_COLUMNS }],
  append(outs: readonly RowBuffer[], value) {
    const decoded = decode(value);
    if (!decoded.ok) return decoded;
    switch (decoded.name) {
      case 'MetricBatch': {
        const appended = appendMetrics(outs.slice(0, METRIC_TABLES.length), decoded.value);
        return appended.ok ? { ok: true, rows: [...appended.rows, 0] } : appended;
      }
      case 'LogBatch': {
        const appended = appendLogs(outs[METRIC_TABLES.length], decoded.value);
        return appended.ok ? { ok: true, rows: [...NO_METRICS, appended.rows] } : appended;
      }
      default:
        return { ok: false, reason: `expected MetricBatch or LogBatch, found ${decoded.name}` };
    }
  },
};
