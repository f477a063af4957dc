import type { TraceView } from '#processors/trace/view.ts';
import type { Fact, Finding, FindingKind } from '#schemas/events.ts';
import type { CriticalPath } from '../trace/critical-path.ts';

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

/** What looks at one trace: a pure function of it. */
export interface Detector<Config = unknown> {
  readonly kind: FindingKind;
  inTrace(trace: TraceContext, config: Config): TraceResult;
}
