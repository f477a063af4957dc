/** Both peers' assembly against ours, in memory: the same revisions and signals whatever comes when. */
import { describe, expect, test } from 'vitest';
import { spanLog } from '#bench/corpus/span-log.ts';
import { ASSEMBLY_DEFAULTS, type AssemblySettings } from '#processors/assembly/settings.ts';
import { configureDetectors } from '#processors/detectors/registry.ts';
import { PipelineDriver } from '#processors/testing/driver.ts';
import { spanRecord, type TestSpan } from '#processors/testing/span-log.ts';
import type { ClockMark, Signal, TraceSummary } from '#schemas/events.ts';
import { decodeBatch } from './idiomatic/decode.ts';
import { PartitionAssembly } from './idiomatic/partition-assembly.ts';
import { parseRecord } from './naive/log-record.ts';
import { PartitionStream } from './naive/partition-stream.ts';
import { jsonRecords } from './naive/write-log.ts';

const PARTITIONS = 2;
const settings: AssemblySettings = {
  ...ASSEMBLY_DEFAULTS,
  quietGapMs: 2_000,
  reopenMs: 3_000,
  hardCapMs: 30_000,
  signalPartitions: PARTITIONS,
};
const configured = configureDetectors();
if (!configured.ok) throw new Error(configured.message);
const { detectors } = configured;

interface Record {
  readonly partition: number;
  readonly value: Buffer;
}

interface Told {
  readonly traces: TraceSummary[];
  readonly signals: Signal[];
}

const isSignal = (each: Signal | ClockMark): each is Signal => 'traceId' in each;

function ours(records: readonly Record[]): Told {
  const driver = new PipelineDriver({ partitions: PARTITIONS, assembly: settings });
  for (const { partition, value } of records) driver.pipe(partition, value);
  return { traces: driver.readTraces(), signals: driver.readSignals() };
}

function idiomatic(records: readonly Record[]): Told {
  const told: Told = { traces: [], signals: [] };
  const lanes = [0, 1].map((partition) => new PartitionAssembly(partition, settings, detectors));
  const offsets = [0, 0];
  for (const { partition, value } of records) {
    lanes[partition].process(offsets[partition]++, decodeBatch(value));
    const { summaries, signals } = lanes[partition].take();
    told.traces.push(...summaries);
    told.signals.push(...signals.filter(isSignal));
  }
  return told;
}

function naive(records: readonly Record[]): Told {
  const told: Told = { traces: [], signals: [] };
  const lanes = [0, 1].map((partition) => new PartitionStream(partition, settings, detectors));
  const offsets = [0, 0];
  for (const { partition, value } of records)
    for (const { value: json } of jsonRecords(value)) {
      lanes[partition].process(offsets[partition]++, parseRecord(Buffer.from(json)));
      const { summaries, signals } = lanes[partition].take();
      told.traces.push(...summaries);
      told.signals.push(...signals.filter(isSignal));
    }
  return told;
}

/** Where it stood on a log of single spans is another place than on a log of batches. */
function placeless({ traces, signals }: Told): unknown {
  const place = ({ partition, clock }: { partition: number; clock: number }) => ({ partition, clock });
  return {
    traces: traces.map(({ firstOffset, source, ...same }) => ({ ...same, source: place(source) })),
    signals: signals.map(({ source, ...same }) => ({ ...same, source: place(source) })),
  };
}

function same(records: readonly Record[]): Told {
  const expected = ours(records);
  expect(idiomatic(records)).toEqual(expected);
  expect(placeless(naive(records))).toEqual(placeless(expected));
  return expected;
}

test('the corpus', () => {
  const corpus = [
    ...spanLog({
      seed: 3,
      traces: 120,
      partitions: PARTITIONS,
      startMs: 1_790_000_000_000,
      spansPerSecond: 2_000,
      failing: 0.2,
    }),
  ];
  const { traces } = same(corpus);
  expect(traces).toHaveLength(120);
  expect(new Set(traces.flatMap(({ findings }) => findings.map(({ kind }) => kind))).size).toBeGreaterThan(2);
});

describe('sessions', () => {
  const START = 1_790_000_000_000;
  const at = (ms: number, spans: readonly TestSpan[]): Record => ({
    partition: spans[0]?.trace === 9 ? 1 : 0,
    value: Buffer.from(spanRecord(START + ms, spans)),
  });
  const spans = (trace: number, ...numbers: number[]): TestSpan[] =>
    numbers.map((span) => ({ trace, span, startMs: START + span }));
  const revisions = ({ traces }: Told) =>
    traces.map(({ traceId, revision, partial, spanCount, source }) => [
      Number.parseInt(traceId, 16),
      revision,
      partial,
      spanCount,
      source.clock - START,
    ]);

  test('closes a gap after the last span, traces of one moment in the order of their ids', () => {
    const told = same([at(0, [...spans(2, 1, 2), ...spans(1, 1)]), at(1_500, spans(1, 2)), at(9_000, [])]);
    expect(revisions(told)).toEqual([
      [2, 1, false, 2, 2_000],
      [1, 1, false, 2, 3_500],
    ]);
    expect(revisions(same([at(0, [...spans(2, 1), ...spans(1, 1)]), at(9_000, [])]))).toEqual([
      [1, 1, false, 1, 2_000],
      [2, 1, false, 1, 2_000],
    ]);
  });

  test('opens again for late spans, not for those that come after that, and not for copies', () => {
    const told = same([
      at(0, spans(1, 1, 2)),
      at(2_500, spans(1, 2)),
      at(3_000, spans(1, 3)),
      at(4_900, spans(1, 4)),
      at(5_000, spans(1, 5)),
      at(9_000, spans(1, 6)),
      at(40_000, spans(1, 1)),
      at(50_000, []),
    ]);
    expect(revisions(told)).toEqual([
      [1, 1, false, 2, 2_000],
      [1, 2, false, 4, 6_900],
      [1, 1, false, 1, 42_000],
    ]);
  });

  test('a revision within the time to re-open does not end it', () => {
    const told = same([
      at(0, spans(1, 1)),
      at(2_100, spans(1, 2)),
      at(4_200, spans(1, 3)),
      at(7_000, spans(1, 4)),
      at(20_000, []),
    ]);
    expect(revisions(told).map(([, revision, , count]) => [revision, count])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test('without a root it closes at the cap, as partial; a root that comes then makes it whole', () => {
    const told = same([
      at(0, spans(9, 2, 3)),
      at(29_999, spans(9, 4)),
      at(31_000, spans(9, 1)),
      at(59_999, spans(9, 5)),
      at(61_000, spans(9, 7)),
      { partition: 1, value: Buffer.from(spanRecord(START + 99_000, [])) },
    ]);
    expect(revisions(told)).toEqual([
      [9, 1, true, 3, 30_000],
      [9, 2, false, 4, 33_000],
      [9, 1, true, 1, 91_000],
    ]);
  });
});
