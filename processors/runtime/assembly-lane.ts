import { UserError } from '#infra/errors.ts';
import type { Kafka, KafkaRecord } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import { pack } from '../assembly/packing.ts';
import type { AssemblyStart } from '../assembly/partition-processor.ts';
import { formatMetadata, parseMetadata } from '../assembly/position.ts';
import type { RecordsTask, Stage1Result } from '../assembly/protocol.ts';
import { tombstoneOf } from '../assembly/read-back.ts';
import type { RecycledBuffers } from './recycled.ts';
import type { ProcessorTopics } from './topics.ts';
import { TraceOffsets } from './trace-offsets.ts';

/** What the group has committed for a partition: where to read from, and the metadata beside it. */
export interface Committed {
  readonly offset: number;
  readonly metadata: string;
}

/** What the main thread knows of a partition of ati.spans that this process owns. */
export interface AssemblyLane {
  readonly partition: number;
  readonly epoch: number;
  /** The last commit: where a rebuild after a bug starts. */
  committed: Committed;
  /** Offsets below have been processed, and their outputs produced. */
  done: number;
  clock: number;
  floorClock: number;
  openTraces: number;
  /** What outputs of a task took at most of late: see `outputsTook`. */
  outputBytes: number;
  readonly traces: TraceOffsets;
  /** Throws by offset, and what three of them made us pass over. */
  readonly attempts: Map<number, number>;
  readonly skipOffsets: number[];
  readonly skipTraces: string[];
}

/** A lane at its committed position, with the tombstones read back from ati.traces. */
export async function openLane(
  kafka: Kafka,
  topics: ProcessorTopics,
  partition: number,
  epoch: number,
  committed: Committed,
  hardCapMs: number,
): Promise<{ lane: AssemblyLane; start: AssemblyStart }> {
  const metadata = parseMetadata(committed.metadata);
  if (!metadata.ok)
    throw new UserError(
      `${topics.assemblyGroup}, ${topics.spans} partition ${partition}: ${metadata.reason}`,
    );
  const { done, clock } = metadata.value;
  const traces = new TraceOffsets(metadata.value.traces);
  const { offset } = committed;
  const tombstones = [];
  for await (const record of kafka.read(topics.traces, partition, metadata.value.traces)) {
    const summary = decodeAs('TraceSummary', record.value ?? new Uint8Array());
    // Nothing that stage 1 wrote, so no trace's tombstone. The sink of that topic puts it aside.
    if (!summary.ok) continue;
    traces.add(summary.value.source.clock, record.offset);
    const tombstone = tombstoneOf(summary.value, { offset, clock }, hardCapMs);
    if (tombstone !== undefined) tombstones.push(tombstone);
  }
  const lane: AssemblyLane = {
    partition,
    epoch,
    committed,
    done: Math.max(done, offset),
    clock,
    floorClock: clock,
    openTraces: 0,
    outputBytes: 0,
    traces,
    attempts: new Map(),
    skipOffsets: [],
    skipTraces: [],
  };
  return { lane, start: { offset, clock, done: lane.done, tombstones } };
}

const NOTHING = new Uint8Array();
/** Outputs of a task take up to so many times what those before it took, or they get fresh memory. What is too much costs nothing. */
const ROOM = 1.5;
/** Of a greatest size, how much is left of it with each task. */
const FADING = 0.95;

/** Notes how large the outputs of a task were. */
export function outputsTook(lane: AssemblyLane, bytes: number): void {
  lane.outputBytes = Math.max(bytes, lane.outputBytes * FADING);
}

/** Records for a worker, their bytes copied into one buffer to be transferred; the result gives that back, and the room. */
export function recordsTask(
  lane: AssemblyLane,
  records: readonly KafkaRecord[],
  buffers: RecycledBuffers,
): RecordsTask {
  return {
    type: 'records',
    partition: lane.partition,
    epoch: lane.epoch,
    offsets: Float64Array.from(records, (record) => record.offset),
    appended: Float64Array.from(records, (record) => record.timestamp),
    records: pack(
      records.map((record) => record.value ?? NOTHING),
      (bytes) => buffers.take(bytes),
    ),
    room: buffers.take(lane.outputBytes * ROOM),
  };
}

/** Takes over how far the worker has come; returns what may be committed, if anything. */
export function advanceLane(
  lane: AssemblyLane,
  result: Stage1Result,
  hardCapMs: number,
): Committed | undefined {
  lane.clock = result.clock;
  lane.floorClock = result.floor.clock;
  lane.openTraces = result.openTraces;
  lane.done = Math.max(lane.done, result.next);
  // Within the replay the last commit still holds; after a bug the floor is not to be trusted.
  if (result.next < lane.done || result.bug !== undefined) return undefined;
  const traces = lane.traces.from(result.floor.clock - hardCapMs);
  const metadata = formatMetadata({ v: 1, done: lane.done, clock: result.floor.clock, traces });
  return { offset: result.floor.offset, metadata };
}
