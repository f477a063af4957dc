import type { z } from 'zod';
import type { Fact, Finding, FindingKind, Signal } from '#schemas/events.ts';
import type { CriticalPath } from '../trace/critical-path.ts';
import type { TraceView } from '../trace/view.ts';

/** A trace as a detector sees it. */
export interface TraceContext {
  readonly tenant: string;
  readonly view: TraceView;
  /** The critical path by rows of the view. */
  readonly critical: CriticalPath;
}

/** What one trace says about one agent operation (or, with scope `instance`, about one service.instance.id). */
export interface TraceFact {
  readonly scope: 'operation' | 'instance';
  readonly agent: string;
  readonly operation: string;
  readonly fact: Fact;
}

export interface TraceResult {
  readonly findings: readonly Finding[];
  readonly facts: readonly TraceFact[];
}

/** Of the many traces that tell a detector nothing; nobody writes it. */
export const NOTHING: TraceResult = { findings: [], facts: [] };

/** A trace within a window. */
export interface WindowTrace {
  readonly traceId: string;
  /** Unix ms. */
  readonly eventTime: number;
  readonly facts: readonly Fact[];
}

/** Every trace's facts of one kind about one agent operation within one window, sorted by trace id. */
export interface WindowContext {
  readonly tenant: string;
  readonly scope: 'operation' | 'instance';
  readonly agent: string;
  readonly operation: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly traces: readonly WindowTrace[];
}

/** A finding of several traces. Where single ones show the same incident, the most severe of all speaks for it. */
export interface WindowFinding extends Finding {
  /** It says more than any single trace of the same severity can: it speaks. */
  readonly prevails?: boolean;
}

/**
 * A detector is data plus pure functions: no clock, no randomness, no IO. One file each in this folder, NAME.detector.ts,
 * whose `detector` the registry finds by itself; beside it its NAME.test.ts, and in scenarios/ what fires it.
 */
export interface Detector<Config = unknown> {
  /** The file's name with underscores. */
  readonly kind: FindingKind;
  /** For people: `Retry storm`. */
  readonly title: string;
  readonly version: number;
  /** Thresholds with their defaults; each default's source stands in a comment. */
  readonly config: z.ZodType<Config>;
  /** Findings that one trace alone shows, and the facts that only a window can judge. */
  inTrace(trace: TraceContext, config: Config): TraceResult;
  /** Findings that need several traces; they open an incident after 2 of 3 windows. */
  inWindow?(window: WindowContext, config: Config): readonly WindowFinding[];
  /**
   * False for a fact of no weight by itself: a window with only such facts has no finding, and is not judged. Without this
   * function any window with a fact is.
   */
  tells?(fact: Fact): boolean;
  /**
   * True where a trace without the finding speaks against it: the failure could have shown itself in it. Only windows
   * with such a trace resolve an incident. Without this function any trace of the agent operation is one.
   */
  couldShow?(signature: string, signal: Pick<Signal, 'callees' | 'facts'>): boolean;
}
