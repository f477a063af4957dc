/** What the intake needs of the doors: the same splitters, allowlist, batches and bound that a request over HTTP meets. */
import type { Appended } from '../batcher.ts';
import type { ByteBudget } from '../budget.ts';
import type { Part } from '../records.ts';
import type { Result } from '../refusal.ts';
import type { Signal } from '../signals.ts';
import type { SplitRequest } from '../split-request.ts';

export interface IntakeDoor {
  /** Bytes between their reading and the log's acknowledgement, over all doors. */
  readonly budget: ByteBudget;
  /** Greatest record, in bytes: as of a request's body. */
  readonly maxBodyBytes: number;
}

/** One signal's way to its topic. */
export interface SignalDoor {
  readonly signal: Signal;
  /** Topics where a Collector writes this signal as `otlp_proto`. */
  readonly topics: readonly string[];
  /** A refusal names places, never values. */
  split(otlp: Buffer): Result<SplitRequest>;
  append(parts: readonly Part[]): Appended;
}
