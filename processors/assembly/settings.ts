import type { SessionSettings } from '../windows/session.ts';

/** What decides when a trace closes, how long it may re-open and how large it may grow. Times in ms of the log's clock. */
export interface AssemblySettings extends SessionSettings {
  /** A trace with more spans or bytes closes with what it has. */
  readonly maxSpans: number;
  readonly maxBytes: number;
  /** A clock mark is written when the clock enters another interval of this length. */
  readonly markEveryMs: number;
  /** Partitions of ati.signals. */
  readonly signalPartitions: number;
}

export const ASSEMBLY_DEFAULTS: AssemblySettings = {
  quietGapMs: 6_000,
  hardCapMs: 300_000,
  reopenMs: 10_000,
  maxSpans: 100_000,
  maxBytes: 64 << 20,
  markEveryMs: 200,
  signalPartitions: 4,
};
