import type { Finding, Insight } from '#schemas/events.ts';
import type { Scenario } from '../scenario.ts';

/** What the query API says of a trace, as far as a verdict needs it. */
export interface TraceAnswer {
  readonly traceId: string;
  /** null until the trace has closed. */
  readonly summary: { readonly spanCount: number; readonly durationMs: number } | null;
  readonly findings: readonly Finding[];
  readonly insights: readonly Insight[];
}

/** A scenario's run, what ATI said of it, and whether that is right. */
export interface Verdict {
  readonly scenario: Scenario;
  readonly trace: TraceAnswer | undefined;
  /** The trace's own findings whose incident was reported: the numbers are of this run, not of an earlier one. */
  readonly found: readonly Finding[];
  /** One clause for each thing that is not as expected. */
  readonly faults: readonly string[];
}

/** Names an agent as a mesh does (AGENT_NAME). */
export function inMesh(prefix: string, agent: string): string {
  return prefix === '' ? agent : `${prefix}-${agent}`;
}

/**
 * Compares what was planted with what was found. `reported` holds the ids of the incidents that stand; `mesh` is the
 * prefix of the agents that ran it.
 */
export function judge(
  scenario: Scenario,
  trace: TraceAnswer | undefined,
  reported: ReadonlySet<string>,
  mesh = '',
): Verdict {
  const found = (trace?.findings ?? []).filter(({ incidentId }) => reported.has(incidentId));
  const faults: string[] = [];
  if (!trace?.summary) faults.push('the trace did not arrive');
  for (const kind of scenario.expects) {
    const finding = found.find((each) => each.kind === kind);
    const root = scenario.roots[kind];
    if (finding === undefined) faults.push(`${kind} was not found`);
    else if (root !== undefined && finding.agent !== inMesh(mesh, root))
      faults.push(`${kind} names ${finding.agent} as its root, not ${inMesh(mesh, root)}`);
  }
  // What another finding explains raises no incident.
  for (const { kind, root } of trace?.findings ?? [])
    if (root && !scenario.expects.includes(kind)) faults.push(`${kind} was found and is false`);
  if (trace?.summary) faults.push(...wrongAnswers(scenario, trace.insights));
  return { scenario, trace, found, faults: [...new Set(faults)] };
}

function wrongAnswers(scenario: Scenario, insights: readonly Insight[]): string[] {
  return scenario.insights.flatMap(({ kind, found }) => {
    const insight = insights.find((each) => each.kind === kind);
    if (insight === undefined) return [`nothing is said about ${kind}`];
    return insight.found === found ? [] : [`${kind} is answered with ${insight.found ? 'yes' : 'no'}`];
  });
}
