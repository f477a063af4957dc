import type { FindingKind } from '#schemas/events.ts';
import type { Played } from './workflow.ts';

/** What was planted against what ATI found: numbers of traces. */
export interface Agreement {
  readonly kind: FindingKind;
  readonly planted: number;
  /** Planted and found. */
  readonly found: number;
  /** Found and not planted: under load a workflow may really have failed that way. */
  readonly unplanted: number;
}

/** A finding that is the root of its trace's trouble, not a symptom of another. */
export interface RootFinding {
  readonly kind: FindingKind;
  readonly agent: string;
  /** What it calls there; with kind and agent the incident's identity. */
  readonly callee: string;
  readonly incidentId: string;
}

/** Trace id → what was planted in it, of the workflows that ended well. */
export type Planted = ReadonlyMap<string, readonly FindingKind[]>;
/** Trace id → what was found in it, of the traces that ATI has closed. */
export type Found = ReadonlyMap<string, readonly RootFinding[]>;

export function plantedIn(played: readonly Played[]): Planted {
  return new Map(
    played.flatMap(({ traceId, planted }) => (traceId === undefined ? [] : [[traceId, planted] as const])),
  );
}

/** Whether what was found in a trace is what was planted in it. */
export function agrees(planted: readonly FindingKind[], found: readonly RootFinding[]): boolean {
  const kinds = new Set(found.map(({ kind }) => kind));
  return new Set(planted).symmetricDifference(kinds).size === 0;
}

/** A line for each kind that was planted or found, by name. */
export function compare(planted: Planted, found: Found): Agreement[] {
  const counts = new Map<FindingKind, { planted: number; found: number; unplanted: number }>();
  const of = (kind: FindingKind) => {
    const count = counts.get(kind) ?? { planted: 0, found: 0, unplanted: 0 };
    counts.set(kind, count);
    return count;
  };
  for (const [traceId, planned] of planted) {
    const wanted = new Set(planned);
    const kinds = new Set(found.get(traceId)?.map(({ kind }) => kind));
    for (const kind of wanted) {
      of(kind).planted++;
      if (kinds.has(kind)) of(kind).found++;
    }
    for (const kind of kinds) if (!wanted.has(kind)) of(kind).unplanted++;
  }
  return [...counts].map(([kind, count]) => ({ kind, ...count })).sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

/** An incident that the load's traces show. */
export interface Incident extends RootFinding {
  /** How many of the load's traces show it. */
  readonly traces: number;
  /** As ATI has it now: open, resolved, retracted; 'none': it was not reported. */
  readonly state: string;
}

/** The incidents of the findings, those that most traces show first. `states`: incident id → its state. */
export function incidentsOf(found: Found, states: ReadonlyMap<string, string>): Incident[] {
  const incidents = new Map<string, Incident>();
  for (const findings of found.values())
    for (const finding of new Map(findings.map((each) => [each.incidentId, each])).values()) {
      const traces = (incidents.get(finding.incidentId)?.traces ?? 0) + 1;
      const state = states.get(finding.incidentId) ?? 'none';
      incidents.set(finding.incidentId, { ...finding, traces, state });
    }
  return [...incidents.values()].sort((a, b) => b.traces - a.traces || (a.kind < b.kind ? -1 : 1));
}
