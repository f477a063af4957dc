import { elapsed } from '#infra/format.ts';
import type { Finding, Measure } from '#schemas/events.ts';
import type { Verdict } from '../judge/verdict.ts';

/** What was planted comes first; what else it truly shows, after. */
export function foundOf(verdict: Verdict): readonly Finding[] {
  return verdict.found.toSorted((a, b) => order(verdict, a) - order(verdict, b));
}

function order({ scenario }: Verdict, { kind }: Finding): number {
  const at = scenario.expects.indexOf(kind);
  return at < 0 ? scenario.expects.length : at;
}

/** What ran, and how large it was. */
export function ranText({ scenario, trace }: Verdict): readonly string[] {
  const ran = trace?.summary;
  return ran ? [scenario.about, `${ran.spanCount} spans, ${elapsed(ran.durationMs)}`] : [scenario.about];
}

/** What a healthy scenario is there to show. */
export function answersOf({ scenario, trace, found }: Verdict): readonly string[] {
  if (found.length > 0) return [];
  return scenario.insights
    .flatMap(({ kind }) => trace?.insights.find((insight) => insight.kind === kind)?.answer ?? [])
    .map((answer) => `→ ${answer}`);
}

export function incidentUrl(api: string, { incidentId }: Finding): string {
  return `${api}/v1/incidents/${incidentId}`;
}

/** A finding in one sentence. */
export function headline(finding: Finding): string {
  const evidence = finding.evidence.slice(0, 4).map(measureText).join(', ');
  return `${finding.kind} (${finding.severity}) at ${finding.agent}: ${evidence}`;
}

export function measureText({ name, value, unit }: Measure): string {
  return `${name} ${unit === 'ms' ? elapsed(value) : Math.round(value * 1000) / 1000}`;
}
