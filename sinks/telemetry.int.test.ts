import { expect, test } from 'vitest';
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import { encode } from '#schemas/codec.ts';
import type { OtlpMetric } from '#schemas/otlp/write-metrics.ts';
import { eventually, PARTITIONS, record } from './testing-broker.ts';
import { TestSinks } from './testing-sinks.ts';
import { logBatch, metricBatch, NANOS } from './testing-telemetry.ts';

const sinks = new TestSinks();

let next = 0n;
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
/** A metric of each kind with a point of its own time. */
const metrics = (): OtlpMetric[] =>
  KINDS.map((kind) => ({ name: `m.${kind}`, [kind]: { dataPoints: [{ timeUnixNano: NANOS + ++next }] } }));

/** Metrics and logs in turn, on all partitions; every third log record is the same as the one before it. */
function batches(count: number, each: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 2 === 0)
      return record(i % PARTITIONS, 'MetricBatch', metricBatch(Array.from({ length: each }, metrics).flat()));
    const logs = Array.from({ length: each }, (_, n) => ({
      timeUnixNano: n % 3 === 2 ? NANOS + next : NANOS + ++next,
      eventName: 'tick',
    }));
    return record(i % PARTITIONS, 'LogBatch', logBatch(logs));
  });
}

const TABLES = [
  'otel_metrics_gauge',
  'otel_metrics_sum',
  'otel_metrics_histogram',
  'otel_metrics_exponential_histogram',
  'otel_metrics_summary',
  'otel_logs',
];

/** Rows of every table. */
async function counts(): Promise<number[]> {
  const selects = TABLES.map(
    (table, i) => `SELECT ${i} AS i, count() AS n FROM ${sinks.database}.${table} FINAL`,
  );
  const rows = await sinks.clickhouse.query<{ n: string }>(
    `SELECT n FROM (${selects.join(' UNION ALL ')}) ORDER BY i`,
  );
  return rows.map(({ n }) => Number(n));
}

const progress = () => sinks.progress('telemetry');

test('kill -9 in mid-run, twice: no point and no record is lost or counted twice, in any table', async () => {
  await sinks.produce('telemetry', batches(120, 30));
  for (const share of [0, 600]) {
    const sink = await sinks.start({ ATI_SINK_BATCH_ROWS: '100' });
    await sink.ready;
    await eventually(counts, (rows) => rows.every((n) => n > share));
    await sink.end('SIGKILL');
  }
  await sinks.start();
  await eventually(progress, ({ committed, end }) => committed === end);
  expect(await counts()).toEqual(TABLES.map(() => 60 * 30));
});

test('what cannot be decoded becomes a dead letter, what is beside it in the topic is stored', async () => {
  const sink = await sinks.start();
  const broken = encode('MetricBatch', { ...metricBatch(metrics()), otlp: Buffer.from([0x0a, 9]) });
  await sinks.produce('telemetry', [
    ...batches(2, 4),
    { partition: 0, value: broken },
    record(1, 'ClockMark', { source: { partition: 0, offset: 1, sequence: 1, clock: 1 } }),
    ...batches(2, 4),
  ]);
  await eventually(progress, ({ committed, end }) => committed === end);
  expect(await counts()).toEqual([8, 8, 8, 8, 8, 8]);
  const reasons = (await sinks.deadLetters()).map(({ headers }) => headers.reason.toString());
  expect(reasons.sort()).toEqual([
    expect.stringMatching(/^expected MetricBatch or LogBatch, found ClockMark/),
    expect.stringMatching(/^length past the end of its message at byte 1$/),
  ]);
  const text = await (await fetch(`${sink.url}/metrics`)).text();
  for (const table of TABLES) expect(text).toContain(`ati_rows_written_total{table="${table}"} 8`);
});
