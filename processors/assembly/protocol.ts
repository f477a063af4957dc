import type { OutcomeName } from '../outcome.ts';
import type { PackedOutputs } from './outputs.ts';
import type { Packed } from './packing.ts';
import type { AssemblyStart } from './partition-processor.ts';
import type { AssemblySettings } from './settings.ts';
import type { AssemblyStats } from './stats.ts';

/** What a worker is given once, when its thread starts. */
export interface WorkerSetup {
  readonly assembly: AssemblySettings;
  readonly detectors: Record<string, unknown>;
}

/** A partition from a new start: all state that the worker has of it is thrown away. */
export interface AssignTask {
  readonly type: 'assign';
  readonly partition: number;
  readonly epoch: number;
  readonly start: AssemblyStart;
}

/** Forgets every partition but those of this epoch. */
export interface KeepTask {
  readonly type: 'keep';
  readonly epoch: number;
}

/** Records of a partition, in order. Their bytes are transferred. */
export interface RecordsTask {
  readonly type: 'records';
  readonly partition: number;
  readonly epoch: number;
  readonly offsets: Float64Array<ArrayBuffer>;
  /** When the broker appended them, unix ms; without them that is not looked at. */
  readonly appended?: Float64Array<ArrayBuffer>;
  readonly records: Packed;
  /** Where the outputs go if there is room for them; transferred too. */
  readonly room?: ArrayBuffer;
}

export type Stage1Task = AssignTask | KeepTask | RecordsTask;

/** A record that could not be processed, or (with `trace`, as TraceBug names it) a trace that was not analysed. */
export interface Refused {
  readonly offset: number;
  readonly step: string;
  readonly reason: string;
  readonly trace?: string;
}

export interface Stage1Result {
  /** In order, of the records before a bug too. */
  readonly outputs: PackedOutputs;
  /** Buffers of the task that are needed no longer: that of its records, and the room for outputs if it was too small. */
  readonly spent: readonly ArrayBuffer[];
  readonly refused: readonly Refused[];
  readonly outcomes: Readonly<Partial<Record<OutcomeName, number>>>;
  /** Offset after the last record processed. */
  readonly next: number;
  readonly floor: { readonly offset: number; readonly clock: number };
  readonly clock: number;
  readonly openTraces: number;
  readonly stats: AssemblyStats;
  /** A throw at `next`: the partition's state is gone. */
  readonly bug?: { readonly message: string; readonly stack?: string; readonly trace?: string };
}
