/**
 * Where a group has to have committed, worked out from the log alone and by other means than the processors': by the rules of
 * docs/event-time.md, for traces whose spans come without a pause as long as the quiet gap.
 */

import type { KafkaRecord } from '#infra/kafka/port.ts';
import type { AssemblySettings } from '#processors/assembly/settings.ts';
import { retentionMs, type WindowSettings } from '#processors/windows/settings.ts';
import { decode, decodeAs } from '#schemas/codec.ts';
import { SpanColumns } from '#schemas/otlp/columns.ts';
import { skimSpans } from '#schemas/otlp/skim.ts';

interface SeenTrace {
  readonly offset: number;
  /** Clock of the partition just before its first record, and with it. */
  readonly before: number;
  readonly first: number;
  last: number;
  rooted: boolean;
}

export interface AssemblyPosition {
  /** The floor: the lowest offset of a trace that may still change. */
  readonly offset: number;
  /** Clock of the partition just before it. */
  readonly clock: number;
  readonly done: number;
}

/** Of a partition of ati.spans that has been read to its end. */
export function assemblyPosition(
  records: readonly KafkaRecord[],
  settings: AssemblySettings,
): AssemblyPosition {
  const traces = new Map<string, SeenTrace>();
  let clock = 0;
  for (const { offset, value } of records) {
    const decoded = decodeAs('SpanBatch', value!);
    if (!decoded.ok) continue;
    const before = clock;
    clock = Math.max(clock, decoded.value.receivedAt);
    for (const { id, root } of spansIn(decoded.value.otlp)) {
      const trace = traces.get(id) ?? { offset, before, first: clock, last: clock, rooted: false };
      traces.set(id, trace);
      trace.last = clock;
      trace.rooted ||= root;
    }
  }
  const open = [...traces.values()].filter((trace) => overAt(trace, settings) > clock);
  const floor = open.reduce<SeenTrace | undefined>(
    (least, trace) => (least === undefined || trace.offset < least.offset ? trace : least),
    undefined,
  );
  return { offset: floor?.offset ?? records.length, clock: floor?.before ?? clock, done: records.length };
}

function overAt(
  { first, last, rooted }: SeenTrace,
  { quietGapMs, hardCapMs, reopenMs }: AssemblySettings,
): number {
  return (rooted ? Math.min(last + quietGapMs, first + hardCapMs) : first + hardCapMs) + reopenMs;
}

function spansIn(otlp: Uint8Array): { id: string; root: boolean }[] {
  const columns = new SpanColumns();
  if (otlp.length > 0) skimSpans(otlp, columns);
  return Array.from({ length: columns.n }, (_, row) => ({
    id: Buffer.from(columns.traceId.subarray(row * 16, row * 16 + 16)).toString('hex'),
    root: columns.parentId.subarray(row * 8, row * 8 + 8).every((byte) => byte === 0),
  }));
}

export interface IncidentsPosition {
  /** The least of the last clocks that every source has told. */
  readonly done: number;
  /** What is not later is needed no more. */
  readonly floor: number;
  readonly read: number;
  /** The first record that is needed: the committed offset is that, or up to a chunk of eight records before. */
  readonly firstNeeded: number;
}

/** Of a partition of ati.signals that has been read to its end. */
export function incidentsPosition(
  records: readonly KafkaRecord[],
  settings: WindowSettings,
): IncidentsPosition {
  const clocks = new Map<number, number>();
  const told = records.map(({ value }) => {
    const decoded = decode(value!);
    if (!decoded.ok || (decoded.name !== 'Signal' && decoded.name !== 'ClockMark')) return undefined;
    const { partition, clock } = decoded.value.source;
    clocks.set(partition, Math.max(clocks.get(partition) ?? 0, clock));
    return clock;
  });
  const done = clocks.size < settings.sources ? -1 : Math.min(...clocks.values());
  const floor = Math.max(-1, done - retentionMs(settings) - settings.hopMs);
  const firstNeeded = told.findIndex((clock) => clock !== undefined && clock > floor);
  return { done, floor, read: records.length, firstNeeded: firstNeeded < 0 ? records.length : firstNeeded };
}
