import type { Finding } from '#schemas/events.ts';
import type { Scenario } from '../scenario.ts';

/** What the query API says of a trace, as far as a verdict needs it. */
export interface TraceAnswer {
  readonly traceId: string;
  /** null until the trace has closed. */
  readonly summary: { readonly spanCount: number; readonly durationMs: number } | null;
  readonly findings: readonly Finding[];
}

/** A scenario's run, what ATI said of it, and whether that is right. */
export interface Verdict {
  readonly scenario: Scenario;
  readonly trace: TraceAnswer | undefined;
  /** The trace's own findings whose incident is open: the numbers are of this run, not of an earlier one. */
  readonly found: readonly Finding[];
  /** One clause for each thing that is not as expected. */
  readonly faults: readonly string[];
}

/** Compares what was planted with what was found; `open` holds the ids of the incidents that are open. */
export function judge(
  scenario: Scenario,
  trace: TraceAnswer | undefined,
  open: ReadonlySet<string>,
): Verdict {
  const found = (trace?.findings ?? []).filter(({ incidentId }) => open.has(incidentId));
  const faults: string[] = [];
  if (!trace?.summary) faults.push('the trace did not arrive');
  for (const kind of scenario.expects) {
    const finding = found.find((each) => each.kind === kind);
    if (finding === undefined) faults.push(`${kind} was not found`);
    else if (scenario.roots[kind] !== undefined && finding.agent !== scenario.roots[kind])
      faults.push(`${kind} names ${finding.agent} as its root, not ${scenario.roots[kind]}`);
  }
  for (const { kind } of trace?.findings ?? [])
    if (!scenario.expects.includes(kind)) faults.push(`${kind} was found and is false`);
  return { scenario, trace, found, faults: [...new Set(faults)] };
}
