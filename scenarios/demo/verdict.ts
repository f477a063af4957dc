import type { Finding } from '#schemas/events.ts';
import type { Scenario } from '../scenario.ts';

/** What the query API says of a trace, as far as a verdict needs it. */
export interface TraceAnswer {
  readonly traceId: string;
  /** null until the trace has closed. */
  readonly summary: { readonly spanCount: number; readonly durationMs: number } | null;
  readonly findings: readonly Finding[];
}

export interface IncidentAnswer {
  readonly incidentId: string;
  readonly state: string;
  readonly kind: Finding['kind'];
  readonly severity: string;
  readonly agent: string;
  readonly operation: string;
  readonly evidence: Finding['evidence'];
  readonly explanation: string;
  readonly recommendations: Finding['recommendations'];
}

/** A scenario's run, what ATI said of it, and whether that is right. */
export interface Verdict {
  readonly scenario: Scenario;
  readonly trace: TraceAnswer | undefined;
  /** Open incidents that the trace's findings belong to. */
  readonly incidents: readonly IncidentAnswer[];
  /** One clause for each thing that is not as expected. */
  readonly faults: readonly string[];
}

/** Compares what was planted with what was found. */
export function judge(
  scenario: Scenario,
  trace: TraceAnswer | undefined,
  incidents: readonly IncidentAnswer[],
): Verdict {
  const faults: string[] = [];
  if (!trace?.summary) faults.push('the trace did not arrive');
  for (const kind of scenario.expects) {
    const incident = incidents.find((each) => each.kind === kind);
    if (incident === undefined) faults.push(`${kind} was not found`);
    else if (scenario.roots[kind] !== undefined && incident.agent !== scenario.roots[kind])
      faults.push(`${kind} names ${incident.agent} as its root, not ${scenario.roots[kind]}`);
  }
  for (const { kind } of trace?.findings ?? [])
    if (!scenario.expects.includes(kind)) faults.push(`${kind} was found and is false`);
  return { scenario, trace, incidents, faults: [...new Set(faults)] };
}
