import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '#schemas/events.ts';
import { encodeTraces } from '#schemas/otlp/write.ts';
import { chainTrace, fanoutTrace, retryTrace, streamTrace } from '../detectors/testkit.ts';
import { shuffled, type TestSpan } from '../trace/testkit.ts';
import { exportsOf, merged } from './exports.ts';
import { type PlacedBatch, runPipeline } from './pipeline.ts';

const START = 1_790_000_000_000;
const PARTITIONS = 4;

const sent = (trace: string, spans: readonly TestSpan[], atMs = 0) =>
  exportsOf(spans, { trace, startMs: START + atMs, partitions: PARTITIONS });

const kinds = (incidents: readonly IncidentEvent[]) => [...new Set(incidents.map((i) => i.kind))].sort();
const settled = (result: ReturnType<typeof runPipeline>) =>
  result.incidentBytes
    .filter((_, i) => result.incidents[i].settled)
    .map((bytes) => Buffer.from(bytes).toString('hex'));

/** Copies that no one would call another trace: the same spans again. */
function disturbed(batches: readonly PlacedBatch[], seed: number): PlacedBatch[] {
  return batches.flatMap((placed, i) => (i % 3 === seed % 3 ? [placed, placed] : [placed]));
}

describe('from spans to incidents, in virtual time', () => {
  it('fan-out, chain, retry storm and starvation each open their incident and settle it', () => {
    const cases: [string, readonly TestSpan[]][] = [
      ['fanout_collapse', fanoutTrace()],
      ['blocking_chain', chainTrace()],
      ['retry_storm', retryTrace(0.2)],
      ['starvation', streamTrace()],
    ];
    for (const [kind, spans] of cases) {
      const { incidents, traces, deadLetters } = runPipeline(sent(kind, spans));
      expect(deadLetters).toEqual([]);
      expect(traces.length).toBe(1);
      expect(kinds(incidents)).toContain(kind);
      const story = incidents.filter((i) => i.kind === kind).map((i) => `${i.event} ${i.settled}`);
      expect(story.slice(0, 2)).toEqual(['opened false', 'updated true']);
    }
  });

  it('a small healthy run opens nothing', () => {
    const spans = fanoutTrace({ fanout: 5, concurrency: 5 });
    const { incidents, traces } = runPipeline(sent('healthy', spans));
    expect(traces.length).toBe(1);
    expect(incidents).toEqual([]);
  });

  it('an incident resolves after an hour of silence', () => {
    const { incidents } = runPipeline(sent('retry', retryTrace(0.2)), { until: START + 2 * 3_600_000 });
    const story = incidents.filter((i) => i.kind === 'retry_storm').map((i) => i.event);
    expect(story).toEqual(['opened', 'updated', 'resolved']);
  });

  it('another arrival order within the quiet gap, and duplicates: settled incidents the same, byte for byte', () => {
    const runs = [0, 1, 2, 3].map((n) =>
      sent(`run-${n}`, n % 2 === 0 ? retryTrace(0.2) : fanoutTrace(), n * 15_000),
    );
    const orderly = settled(runPipeline(merged(...runs)));
    expect(orderly.length).toBeGreaterThanOrEqual(2);
    for (const seed of [1, 2, 3]) {
      const spans = [0, 1, 2, 3].map((n) =>
        shuffled(n % 2 === 0 ? retryTrace(0.2) : fanoutTrace(), seed + n),
      );
      const slow = spans.map((given, n) =>
        exportsOf(given, {
          trace: `run-${n}`,
          startMs: START + n * 15_000,
          partitions: PARTITIONS,
          everyMs: 100 * seed,
        }),
      );
      expect(settled(runPipeline(disturbed(merged(...slow), seed)))).toEqual(orderly);
    }
  });
});

it.each([
  ['ends that never come', 1_790_000_000_000_000_000n, 2n ** 63n - 1n],
  ['starts after the year 2262', 2n ** 63n + 5n, 2n ** 64n - 1n],
])('%s: a summary all the same', (_, startTimeUnixNano, endTimeUnixNano) => {
  const ids = [1, 2, 3].map((id) => id.toString(16).padStart(16, '0'));
  const otlp = encodeTraces({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: ids.map((spanId, i) => ({
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId,
              ...(i > 0 && { parentSpanId: ids[0] }),
              name: 'x',
              kind: 1,
              startTimeUnixNano,
              endTimeUnixNano,
            })),
          },
        ],
      },
    ],
  });
  const batch = { tenant: 'default', receivedAt: 1_790_000_001_000, spanCount: 3, otlp };
  const { traces, deadLetters } = runPipeline([{ partition: 0, batch }], { partitions: 1 });
  expect(deadLetters).toEqual([]);
  expect(traces.map(({ spanCount }) => spanCount)).toEqual([3]);
  expect(traces[0].startUnixNano).toBeLessThan(2n ** 63n);
});
