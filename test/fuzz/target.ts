/** What is fuzzed: a door of the product, bytes for it, and what must hold whatever the bytes are. */
import type { Mutator } from './mutate/mutator.ts';

/** A target in a process of its own. */
export interface Started {
  /** Good inputs to begin with, and bad ones of note. */
  readonly seeds: readonly Uint8Array[];
  /** Used in turn; the last resort is always a change of bytes. */
  readonly mutators: readonly Mutator[];
  /** Pieces that a format is made of: keywords, magic bytes, canaries. */
  readonly dictionary?: readonly Uint8Array[];
  /** Throws (or rejects) when an oracle fails. The input is never changed. */
  run(input: Uint8Array): void | Promise<void>;
  stop?(): void | Promise<void>;
}

export interface Target {
  readonly name: string;
  /** A sentence: what is asked, and what must hold. */
  readonly about: string;
  /** Its part of the time, beside the others' (default 1). */
  readonly share?: number;
  /** Longest input, in bytes (default 8 KiB). */
  readonly maxBytes?: number;
  /** Inputs of one run within `npm test` (default 1,500). */
  readonly quick?: number;
  /** Needs a process of its own (a native engine): not within the unit tests. */
  readonly heavy?: boolean;
  start(): Promise<Started> | Started;
}

/** Milliseconds an input may take, on a machine that does other things too. */
export const SLOW_MS = 1_000;
/** Bytes of resident memory that one input may add. */
export const MEMORY_BYTES = 200 << 20;
export const MAX_INPUT_BYTES = 8 << 10;

/** An oracle that failed: what holds for every input did not hold for this one. */
export class OracleError extends Error {
  override readonly name = 'OracleError';
}

export function holds(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new OracleError(what());
}

/** `what` is a kind of place; the two values are told where they differ. */
export function same(what: string, found: unknown, wanted: unknown): void {
  if (!Object.is(found, wanted))
    throw new OracleError(`${what}: ${String(found)} instead of ${String(wanted)}`);
}
