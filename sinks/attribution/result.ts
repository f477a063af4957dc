/** What attribution says. Times are ms per trace unless they say otherwise; names of over 200 characters are cut. */
import type { InstanceNumbers, Moved } from './instances.ts';
import type { Owner } from './sample.ts';

export interface Numbers {
  /** How many there are. */
  readonly traces: number;
  /** How many of them were looked at: all, or a random part. */
  readonly sampled: number;
  /** Mean path time without waits for a person. */
  readonly meanMs: number;
  /** Mean wait for a person. */
  readonly waitMs: number;
}

/** low: it could be chance, or is one or two traces alone. */
export type Confidence = 'high' | 'medium' | 'low';

export interface Cause extends Omit<Owner, 'type'> {
  /** instance: the operation, but on `slowInstances` alone; edge: between caller and callee, neither of which is it. */
  readonly kind: 'operation' | 'instance' | 'edge';
  /** At most 5, sorted; also of an edge where it is slow to some instances only. */
  readonly slowInstances: readonly string[];
  /** Slow ones beyond the five that are named. */
  readonly moreSlowInstances: number;
  /** Exclusive time on the path, of all traces of the set. */
  readonly meanMs: number;
  readonly baselineMeanMs: number;
  /** meanMs less baselineMeanMs. */
  readonly extraMs: number;
  /** Of what all causes have grown by, 0 to 1. */
  readonly share: number;
  /** extraMs in two: more spans of it on the path, and slower ones; either may be negative. */
  readonly moreMs: number;
  readonly slowerMs: number;
  readonly spansPerTrace: number;
  readonly baselineSpansPerTrace: number;
  readonly msPerSpan: number;
  /** Null: it is in no trace of the baseline. */
  readonly baselineMsPerSpan: number | null;
  /** It is in no trace of the baseline. */
  readonly isNew: boolean;
  /** Traces of the set in which it took longer than in 95 % of the baseline's. */
  readonly traces: number;
  /** Traces of the baseline whose path it is on. */
  readonly baselineTraces: number;
  /** Of extraMs. */
  readonly standardErrorMs: number;
  readonly confidence: Confidence;
  /** At most 3, in which it took longest. */
  readonly exemplarTraceIds: readonly string[];
  /** Null: not so, or the baseline is of the same time. */
  readonly movedTo: Moved | null;
  /** At most 10, of later causes 3: the slow ones, then the most excess first; none where the resources name no instance. */
  readonly byInstance: readonly InstanceNumbers[];
  /** Instances that are not in `byInstance`. */
  readonly moreInstances: number;
  /** One or two sentences with these numbers. */
  readonly text: string;
}

/** All causes that are one instance's. */
export interface InstanceCause {
  readonly instance: string;
  /** How many. */
  readonly causes: number;
  readonly extraMs: number;
  readonly share: number;
}

/** What is no cause: waits for a person, and what has become faster (extraMs is negative). */
export interface Change extends Owner {
  /** Of the set, whose path it is on. */
  readonly traces: number;
  readonly meanMs: number;
  readonly baselineMeanMs: number;
  readonly extraMs: number;
}

export interface Attribution {
  readonly set: Numbers;
  readonly baseline: Numbers;
  /** Why nothing is said about causes; empty where it is. */
  readonly refused: string;
  /** The answer in a sentence or two. */
  readonly summary: string;
  /** The set's meanMs less the baseline's: grownMs less shrunkMs. */
  readonly extraMs: number;
  /** By how much all that have grown have. */
  readonly grownMs: number;
  /** By how much all that have become faster have. */
  readonly shrunkMs: number;
  /** Ranked; their shares and `rest` sum to 1. */
  readonly causes: readonly Cause[];
  /** Further causes together; null: none. */
  readonly rest: { readonly causes: number; readonly extraMs: number; readonly share: number } | null;
  /** At most 20. */
  readonly instances: readonly InstanceCause[];
  readonly faster: readonly Change[];
  readonly waits: readonly Change[];
  /** How many each list has left out; of causes `rest` says it. */
  readonly more: { readonly instances: number; readonly faster: number; readonly waits: number };
}
