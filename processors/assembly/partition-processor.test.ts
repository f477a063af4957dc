import { describe, expect, it } from 'vitest';
import { decode, decodeAs, encode } from '#schemas/codec.ts';
import type { Signal, TraceSummary } from '#schemas/events.ts';
import { fakeAnalyse } from '../testing/fake-analysis.ts';
import { RecordProcessor } from '../testing/record-processor.ts';
import { spanRecord, type TestSpan, testBatch, testTraceId } from '../testing/span-log.ts';
import { type Analyse, FROM_THE_START, TraceBug } from './partition-processor.ts';
import { ASSEMBLY_DEFAULTS, type AssemblySettings } from './settings.ts';

const T = 1_000_000;
const root: TestSpan = { trace: 1, span: 1 };
const child: TestSpan = { trace: 1, span: 2 };

function run(settings: Partial<AssemblySettings> = {}) {
  const processor = new RecordProcessor(
    0,
    { ...ASSEMBLY_DEFAULTS, ...settings },
    fakeAnalyse,
    FROM_THE_START,
  );
  let offset = 0;
  return {
    processor,
    feed(at: number, ...spans: TestSpan[]) {
      const { outcome, outputs } = processor.process(offset++, spanRecord(T + at, spans));
      const events = outputs.map((output) => decode(output.value));
      const traces = events.flatMap((e) => (e.ok && e.name === 'TraceSummary' ? [e.value] : []));
      const signals = events.flatMap((e) => (e.ok && e.name === 'Signal' ? [e.value] : []));
      return { outcome, outputs, traces, signals };
    },
    raw: (bytes: Uint8Array) => processor.process(offset++, bytes),
  };
}

const brief = (traces: TraceSummary[]) =>
  traces.map((t) => [Number.parseInt(t.traceId, 16), t.revision, t.spanCount, t.source.clock - T]);

describe('when a trace closes', () => {
  it('a quiet gap after its last span, not a millisecond before', () => {
    const log = run();
    log.feed(0, root);
    log.feed(3_000, child);
    expect(log.feed(8_999).traces).toEqual([]);
    expect(brief(log.feed(9_000).traces)).toEqual([[1, 1, 2, 9_000]]);
  });

  it('at its own due time, however late the clock is heard of', () => {
    const log = run();
    log.feed(0, root);
    expect(brief(log.feed(100_000).traces)).toEqual([[1, 1, 1, 6_000]]);
  });

  it('without a root only at the hard cap, as partial', () => {
    const log = run();
    log.feed(0, child);
    expect(log.feed(299_999).traces).toEqual([]);
    const { traces } = log.feed(300_000);
    expect(traces.map((t) => t.partial)).toEqual([true]);
  });

  it('with a root that comes last, a quiet gap after the root', () => {
    const log = run();
    log.feed(0, child);
    log.feed(100_000, root);
    const { traces } = log.feed(106_000);
    expect(traces.map((t) => t.partial)).toEqual([false]);
  });

  it('at the hard cap even while spans keep coming', () => {
    const log = run();
    for (let at = 0; at < 300_000; at += 5_000) {
      expect(log.feed(at, { trace: 1, span: 1 + at / 5_000 }).traces).toEqual([]);
    }
    expect(brief(log.feed(300_000).traces)).toEqual([[1, 1, 60, 300_000]]);
  });

  it('duplicates neither extend nor re-open it', () => {
    const log = run();
    log.feed(0, root, child);
    log.feed(5_000, child, root);
    expect(brief(log.feed(6_000).traces)).toEqual([[1, 1, 2, 6_000]]);
    log.feed(7_000, child);
    expect(log.feed(15_999).traces).toEqual([]);
    expect(log.processor.stats.duplicate).toBe(3);
  });

  it('a span id used again with another start or kind is another span', () => {
    const log = run();
    log.feed(0, root, child, { ...child, startMs: 77 });
    expect(brief(log.feed(6_000).traces)).toEqual([[1, 1, 3, 6_000]]);
  });

  it('timers fire before the spans of the batch that brings the clock', () => {
    const log = run();
    log.feed(0, root);
    expect(brief(log.feed(6_000, child).traces)).toEqual([[1, 1, 1, 6_000]]);
    expect(brief(log.feed(12_000).traces)).toEqual([[1, 2, 2, 12_000]]);
  });

  it('several at once, in order of due time, then tenant and trace id', () => {
    const log = run();
    log.feed(0, { trace: 9, span: 1 }, { trace: 3, span: 1 });
    log.feed(10, { trace: 1, span: 1 });
    expect(brief(log.feed(50_000).traces).map(([id]) => id)).toEqual([3, 9, 1]);
  });
});

describe('late spans', () => {
  it('re-open for the allowance and give the next revision under the same id', () => {
    const log = run();
    log.feed(0, root);
    log.feed(6_000);
    log.feed(15_999, child);
    expect(brief(log.feed(22_000).traces)).toEqual([[1, 2, 2, 21_999]]);
  });

  it('after the allowance are counted, and start no ghost', () => {
    const log = run();
    log.feed(0, root);
    log.feed(6_000);
    expect(log.feed(16_000, child).outcome.outcome).toBe('late');
    expect(log.feed(250_000, child).outcome.outcome).toBe('late');
    expect(log.feed(305_999, child).outcome.outcome).toBe('late');
    expect(log.processor.openTraces).toBe(0);
    expect(log.feed(306_000, child).outcome.outcome).toBe('ok');
  });

  it('a pending revision takes no more spans once the allowance is over', () => {
    const log = run();
    log.feed(0, root);
    log.feed(6_000);
    log.feed(15_000, child);
    expect(log.feed(16_500, { trace: 1, span: 3 }).outcome.outcome).toBe('late');
    expect(brief(log.feed(30_000).traces)).toEqual([[1, 2, 2, 21_000]]);
  });

  it('an operation that a later revision has no more gets an empty signal', () => {
    const log = run();
    // The fake analysis reports operations with an odd number of calls.
    log.feed(0, root, { trace: 1, span: 2, name: 'search' });
    const first = log.feed(6_000).signals.map((s) => [s.operation, s.calls]);
    expect(first).toContainEqual(['search', 1]);
    log.feed(7_000, { trace: 1, span: 3, name: 'search' });
    const second = log.feed(13_000).signals.map((s) => [s.operation, s.calls, s.revision]);
    expect(second).toContainEqual(['search', 0, 2]);
  });
});

describe('signals', () => {
  it('keep the event time of revision 1, clamped to the clock', () => {
    const log = run();
    log.feed(0, { ...root, startMs: T + 1_000, durationMs: 20 });
    const eventTimes = (signals: Signal[]) => [...new Set(signals.map((s) => s.eventTime - T))];
    expect(eventTimes(log.feed(6_000).signals)).toEqual([1_020]);
    log.feed(7_000, { ...child, startMs: T + 2_000, durationMs: 1 });
    expect(eventTimes(log.feed(13_000).signals)).toEqual([1_020]);
    log.feed(20_000, { trace: 2, span: 1, startMs: T + 99_000_000 });
    expect(eventTimes(log.feed(26_000).signals)).toEqual([26_000]);
  });

  it('are numbered with summaries and marks, and marked when the clock enters another interval', () => {
    const log = run({ signalPartitions: 2 });
    const marks = (at: number) =>
      log
        .feed(at)
        .outputs.filter((o) => o.key === null)
        .map((o) => o.partition);
    expect(marks(0)).toEqual([0, 1]);
    expect(marks(199)).toEqual([]);
    expect(marks(200)).toEqual([0, 1]);
    expect(marks(100)).toEqual([]);
  });
});

describe('bounds and bad input', () => {
  it('a trace that grows too large closes with what it has, for good', () => {
    const log = run({ maxSpans: 3 });
    const spans = [1, 2, 3, 4, 5].map((span) => ({ trace: 1, span }));
    const { traces } = log.feed(0, ...spans);
    expect(brief(traces)).toEqual([[1, 1, 4, 0]]);
    expect(traces[0].partial).toBe(true);
    expect(log.processor.stats).toMatchObject({ oversized: 1, late: 1 });
  });

  it('unreadable records are dead letters with their step, and move nothing', () => {
    const log = run();
    expect(log.raw(Buffer.from('junk')).outcome).toMatchObject({ outcome: 'deadLetter', step: 'decode' });
    const { otlp } = testBatch(T, [root]);
    const cut = encode('SpanBatch', { tenant: 'a', receivedAt: T, spanCount: 1, otlp: otlp.subarray(0, 20) });
    expect(log.raw(cut).outcome).toMatchObject({ outcome: 'deadLetter', step: 'skim' });
    expect(log.processor.clock).toBe(0);
  });

  it('a throw of the analysis names its trace; a trace to be skipped has a summary without an analysis', () => {
    const failing = () => {
      throw new Error('bug');
    };
    const record = spanRecord(T, [root]);
    const processor = new RecordProcessor(0, ASSEMBLY_DEFAULTS, failing, FROM_THE_START);
    processor.process(0, record);
    expect(() => processor.process(1, spanRecord(T + 6_000, []))).toThrow(TraceBug);
    const trace = `default\0${testTraceId(1)}\x000`;
    const start = { ...FROM_THE_START, skipTraces: [trace] };
    const again = new RecordProcessor(0, ASSEMBLY_DEFAULTS, failing, start);
    again.process(0, record);
    const { skipped, outputs } = again.process(1, spanRecord(T + 6_000, []));
    expect(skipped).toEqual([trace]);
    const [summary] = outputs.filter(({ topic }) => topic === 'traces');
    expect(decodeAs('TraceSummary', summary.value)).toMatchObject({
      value: { traceId: testTraceId(1), revision: 1, spanCount: 1, firstOffset: 0, findings: [], path: [] },
    });
  });

  it('a summary that no topic would take is told without its lists', () => {
    const bytes = Buffer.alloc(32 << 20);
    const analyse: Analyse = (tenant, traceId, columns) => ({
      ...fakeAnalyse(tenant, traceId, columns),
      lists: { bytes, graphEnd: 3, length: bytes.length },
    });
    const processor = new RecordProcessor(0, ASSEMBLY_DEFAULTS, analyse, FROM_THE_START);
    processor.process(0, spanRecord(T, [root]));
    const { outputs } = processor.process(1, spanRecord(T + 6_000, []));
    const summaries = outputs.filter(({ topic }) => topic === 'traces');
    expect(summaries.map(({ value }) => decodeAs('TraceSummary', value))).toMatchObject([
      { ok: true, value: { traceId: testTraceId(1), spanCount: 1, path: [], shares: [] } },
    ]);
  });

  it('the floor is the first offset of the oldest trace that may still change', () => {
    const log = run();
    log.feed(0);
    expect(log.processor.floor()).toEqual({ offset: 1, clock: T });
    log.feed(10, root);
    log.feed(20, { trace: 2, span: 1 });
    log.feed(6_015);
    expect(log.processor.floor()).toEqual({ offset: 1, clock: T });
    log.feed(16_010);
    expect(log.processor.floor()).toEqual({ offset: 2, clock: T + 10 });
    log.feed(16_020);
    expect(log.processor.floor()).toEqual({ offset: 6, clock: T + 16_020 });
  });
});
