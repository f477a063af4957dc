/** What became of a corpus: plain data, so that workers can send it and JSON can hold it. */
import type { RunPlan } from '../corpus/run-plan.ts';

/** A planted failure, and whether it was found. */
export interface Answer {
  readonly kind: string;
  readonly found: boolean;
  /** Found, and its root is named right. */
  readonly root: boolean;
}

export interface TraceOutcome {
  readonly tenant: string;
  readonly traceId: string;
  readonly group: RunPlan['group'];
  /** Of the pattern and strength, the mix or the control. */
  readonly name: string;
  readonly profile: string;
  readonly spans: number;
  readonly planted: readonly Answer[];
  /** Kinds that were found and are not there. */
  readonly extra: readonly string[];
  /** Failures that chance decides: not counted. */
  readonly undecided: number;
  /** It closed without its root. */
  readonly partial: boolean;
  /** Never closed: every span of it was lost. */
  readonly missing: boolean;
  /** Of a mistake only: how to plant it again. */
  readonly note?: string;
}

/** A failure that only windows show, in one tenant. */
export interface SeriesOutcome {
  readonly tenant: string;
  readonly kind: string;
  readonly strength: string;
  /** undefined: chance decides whether the windows show it. */
  readonly answer?: Answer;
  /** Virtual ms from the end of the series' first trace to the opening of its incident. */
  readonly openedAfterMs?: number;
}

/** An incident that no trace's finding accounts for and no window's truth. */
export interface FalseIncident {
  readonly tenant: string;
  readonly kind: string;
  readonly agent: string;
  readonly note: string;
}

/** How long an incident that one trace shows took to open, in virtual ms. */
export interface Detection {
  readonly kind: string;
  /** Since the trace's root began and ended. */
  readonly sinceStartMs: number;
  readonly sinceEndMs: number;
}

export interface Outcome {
  readonly traces: readonly TraceOutcome[];
  readonly series: readonly SeriesOutcome[];
  readonly falseIncidents: readonly FalseIncident[];
  readonly detections: readonly Detection[];
  /** Incidents that were opened by an incomplete trace and taken back. */
  readonly retracted: number;
  /** Records that the pipeline could not read; there must be none. */
  readonly deadLetters: readonly string[];
}

export function mergeOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    traces: outcomes.flatMap((each) => each.traces),
    series: outcomes.flatMap((each) => each.series),
    falseIncidents: outcomes.flatMap((each) => each.falseIncidents),
    detections: outcomes.flatMap((each) => each.detections),
    retracted: outcomes.reduce((sum, each) => sum + each.retracted, 0),
    deadLetters: outcomes.flatMap((each) => each.deadLetters),
  };
}
