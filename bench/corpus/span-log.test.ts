import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { runPipeline } from '#processors/testing/pipeline.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { SpanBatch } from '#schemas/events.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { type CorpusOptions, type CorpusRecord, spanLog } from './span-log.ts';

const options: CorpusOptions = {
  seed: 7,
  traces: 1_200,
  partitions: 4,
  startMs: 1_790_000_000_000,
  spansPerSecond: 1_000,
};

function batchOf({ value }: CorpusRecord): SpanBatch {
  const decoded = decodeAs('SpanBatch', value);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

const digest = (records: readonly CorpusRecord[]) =>
  records.reduce((hash, { value }) => hash.update(value), createHash('sha256')).digest('hex');

test('the same options give the same bytes, another seed others', () => {
  const once = [...spanLog(options)];
  expect(digest([...spanLog(options)])).toBe(digest(once));
  expect(digest([...spanLog({ ...options, seed: 8 })])).not.toBe(digest(once));
});

test('every span once, under ids of its own, in records that the processors take; each way of failing is found', () => {
  const records = [...spanLog(options)];
  const spans = records.reduce((sum, record) => sum + record.spans, 0);
  const columns = new SpanColumns();
  for (const record of records) {
    const { otlp, spanCount } = batchOf(record);
    const before = columns.n;
    if (otlp.length > 0) expect(skimSpans(otlp, columns)).toMatchObject({ ok: true });
    expect(columns.n - before).toBe(spanCount);
  }
  expect(columns.n).toBe(spans);
  const ids = new Set<string>();
  const traces = new Set<string>();
  for (let row = 0; row < columns.n; row++) {
    const trace = Buffer.from(columns.traceId.subarray(row * 16, row * 16 + 16)).toString('hex');
    traces.add(trace);
    ids.add(`${trace}/${Buffer.from(columns.spanId.subarray(row * 8, row * 8 + 8)).toString('hex')}`);
  }
  expect([ids.size, traces.size]).toEqual([spans, options.traces]);

  const last = Math.max(...records.map(({ receivedAt }) => receivedAt));
  const result = runPipeline(
    records.map((record) => ({ partition: record.partition, batch: batchOf(record) })),
    { until: last },
  );
  expect(result.deadLetters).toEqual([]);
  expect(result.traces.map(({ revision, partial }) => [revision, partial])).toEqual(
    result.traces.map(() => [1, false]),
  );
  expect(result.traces).toHaveLength(options.traces);
  const kinds = new Set(result.incidents.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(['blocking_chain', 'fanout_collapse', 'retry_storm', 'starvation']);
  // The healthy ones are healthy.
  const ill = result.traces.filter(({ findings }) => findings.length > 0);
  expect(ill).toHaveLength(options.traces * 0.02);
});
