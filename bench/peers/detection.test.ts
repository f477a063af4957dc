/** ATI's analysis, made fast, against the peers', which is as it was first written: the same answers to the same spans. */
import { deepStrictEqual } from 'node:assert';
import { afterAll, describe, expect, test } from 'vitest';
import { spanLog } from '#bench/corpus/span-log.ts';
import { analyseTrace } from '#processors/analyse.ts';
import { type ReadAnalysis, readAnalysis } from '#processors/detectors/analysed.testkit.ts';
import { configureDetectors, DETECTORS } from '#processors/detectors/registry.ts';
import { ALL_SCENARIOS } from '#scenarios/registry.ts';
import { generateVirtualRun } from '#scenarios/virtual/generate.ts';
import { decodeAs, encode } from '#schemas/codec.ts';
import { INSIGHT_KINDS } from '#schemas/events.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';
import { decodeBatch } from './idiomatic/decode.ts';
import { analyseView } from './shared/detection/analyse.ts';
import { OpenTrace } from './shared/open-trace.ts';
import type { Span } from './shared/span.ts';
import { viewOfObjects } from './shared/view-of-objects.ts';

const TENANT = 'default';
const START = 1_790_000_000_000;
const configured = configureDetectors();
if (!configured.ok) throw new Error(configured.message);
const { detectors } = configured;

/** A span as an object, and where it is in a record of ati.spans. */
interface Row {
  readonly span: Span;
  readonly columns: SpanColumns;
  readonly row: number;
}

function rowsByTrace(records: readonly Buffer[]): Map<string, Row[]> {
  const rows = records.flatMap((record) => {
    const { spans } = decodeBatch(record);
    const batch = decodeAs('SpanBatch', record);
    if (!batch.ok) throw new Error(batch.reason);
    const columns = new SpanColumns(spans.length);
    expect(skimSpans(batch.value.otlp, columns)).toMatchObject({ ok: true, added: spans.length });
    return spans.map((span, row): Row => ({ span, columns, row }));
  });
  return Map.groupBy(rows, ({ span }) => span.traceId);
}

/** One trace's columns, with the times of the objects. */
function columnsOf(rows: readonly Row[]): SpanColumns {
  const all = new SpanColumns(rows.length);
  for (const { span, columns, row } of rows) {
    const at = all.appendRow(columns, row, all.buffers.push(columns.buffers[columns.buffer[row]]) - 1);
    const times = BigUint64Array.of(BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano));
    all.time.set(new Uint32Array(times.buffer), at * 4);
  }
  return all;
}

const findings = new Set<string>();
const insights = new Set<string>();

function same(traceId: string, rows: readonly Row[]): ReadAnalysis {
  const trace = new OpenTrace(TENANT, traceId, 0);
  for (const { span } of rows) trace.add(span);
  const ours = readAnalysis(analyseTrace(TENANT, traceId, columnsOf(rows), detectors));
  deepStrictEqual(analyseView(TENANT, traceId, viewOfObjects(trace.spans), detectors), ours);
  for (const { kind } of ours.findings) findings.add(kind);
  for (const { kind } of ours.insights) insights.add(kind);
  return ours;
}

test('the corpus', () => {
  const options = {
    seed: 5,
    traces: 100,
    partitions: 1,
    startMs: START,
    spansPerSecond: 2_000,
    failing: 0.2,
  };
  const traces = rowsByTrace([...spanLog(options)].map(({ value }) => value));
  expect(traces.size).toBe(100);
  for (const [traceId, rows] of traces) same(traceId, rows);
});

const isTool = ({ span }: Row) => span.resource['service.name'] === 'tool-service';
const behind = (row: Row, ns: bigint): Row => ({
  ...row,
  span: {
    ...row.span,
    startTimeUnixNano: BigInt(row.span.startTimeUnixNano) - ns,
    endTimeUnixNano: BigInt(row.span.endTimeUnixNano) - ns,
  },
});

/** What a trace may come like. */
const WAYS: Readonly<Record<string, (rows: readonly Row[]) => readonly Row[]>> = {
  'as they were sent': (rows) => rows,
  'in another order, some twice': (rows) => [...rows.toReversed(), ...rows.slice(0, 20)],
  'with every seventh lost': (rows) => rows.filter((_, i) => i % 7 !== 3),
  'without their root': (rows) => rows.filter(({ span }) => span.parentSpanId !== ''),
  'from tools whose clock is late': (rows) =>
    rows.map((row) => (isTool(row) ? behind(row, 3_000_000_000n) : row)),
};

describe('the spans of a scenario', () => {
  test.each(ALL_SCENARIOS)('$name', async (scenario) => {
    const { traceId, exports } = await generateVirtualRun(scenario, 1, START);
    const traces = rowsByTrace(
      exports.map(({ atUnixMs: receivedAt, spanCount, otlp }) =>
        Buffer.from(encode('SpanBatch', { tenant: TENANT, receivedAt, spanCount, otlp: Buffer.from(otlp) })),
      ),
    );
    expect([...traces.keys()]).toEqual([traceId]);
    for (const way of Object.values(WAYS)) same(traceId, way(traces.get(traceId) ?? []));
  });
});

afterAll(() => {
  expect([...findings].sort()).toEqual(DETECTORS.map(({ kind }) => kind).sort());
  expect([...insights].sort()).toEqual([...INSIGHT_KINDS].sort());
});
