import { rounded } from '#infra/format.ts';
import type { Finding, TimelineEntry } from '#schemas/events.ts';
import { incidentId } from '../incidents/identity.ts';

/** A story, not a log: what does not fit is left to the trace itself. */
const LONGEST_TIMELINE = 20;

/** A finding with its identity filled in, its timeline in order of time and capped. */
export function makeFinding(
  tenant: string,
  finding: Omit<Finding, 'incidentId' | 'root' | 'explains' | 'explainedBy'>,
): Finding {
  const timeline = [...finding.timeline]
    .sort((a, b) => a.startMs - b.startMs || a.durationMs - b.durationMs || (a.label < b.label ? -1 : 1))
    .slice(0, LONGEST_TIMELINE);
  return {
    ...finding,
    timeline,
    incidentId: incidentId({ tenant, ...finding }),
    root: true,
    explains: [],
    explainedBy: '',
  };
}

/** A timeline entry from ns of the trace. */
export function entry(label: string, startNs: number, endNs: number, outcome: string): TimelineEntry {
  return {
    label,
    startMs: rounded(startNs / 1e6, 3),
    durationMs: rounded((endNs - startNs) / 1e6, 3),
    outcome,
  };
}

/** A finding and how strong it is among those of its incident in the same trace. */
export interface Candidate {
  readonly finding: Finding;
  readonly weight: number;
}

/** One finding for each incident: critical before warning, then the greatest weight, then the first. Sorted by id. */
export function strongest(candidates: readonly Candidate[]): Finding[] {
  if (candidates.length === 0) return [];
  const best = new Map<string, Candidate>();
  const rank = (candidate: Candidate) => (candidate.finding.severity === 'critical' ? 1 : 0);
  for (const candidate of candidates) {
    const held = best.get(candidate.finding.incidentId);
    const better =
      held === undefined ||
      rank(candidate) > rank(held) ||
      (rank(candidate) === rank(held) && candidate.weight > held.weight);
    if (better) best.set(candidate.finding.incidentId, candidate);
  }
  return [...best.values()]
    .map((candidate) => candidate.finding)
    .sort((a, b) => (a.incidentId < b.incidentId ? -1 : 1));
}
