/** Which findings of one trace explain others: only roots open incidents, and each says what else it explains. */
import type { Explained, Finding } from '#schemas/events.ts';
import { causeOfChain } from './chain/causes.ts';
import type { TraceContext } from './detector.ts';
import { reader } from './measures.ts';

/** From here on more than half of the load on a callee is retries. */
const RETRIES_ARE_MOST = 2;

/**
 * Decides which findings of one trace explain others. Conservative: each stays a root unless its evidence lies within
 * another's cause. What a detector has said itself (`explainedBy`) holds; beside it
 *
 * - a fan-out that queues at a callee is a symptom of a retry storm on it where retries are at least half of the attempts
 *   that queue; below that the fan-out queues on its own account;
 * - a blocking chain is a symptom of the collapse or the storm in whose queue or retries its steps spend their time
 *   (chain/causes.ts);
 * - a starved stream stays a root beside the fan-out that takes its slots: neither would end with the other.
 *
 * Whatever order the findings are in, the same are roots. A finding that is explained names a root of this trace.
 */
export function markRoots(findings: readonly Finding[], trace: TraceContext): Finding[] {
  if (findings.length === 0) return [];
  const rootOf = resolve(causes(findings, trace));
  const symptoms = Map.groupBy(findings, ({ incidentId }) => rootOf.get(incidentId) ?? '');
  return findings.map((finding) => {
    const explainedBy = rootOf.get(finding.incidentId) ?? '';
    const explains = (symptoms.get(finding.incidentId) ?? []).map(explained);
    return { ...finding, root: explainedBy === '', explainedBy, explains: explains.sort(byId) };
  });
}

/** What explains each finding at first hand, by incident ids; '' where nothing does. */
type Causes = ReadonlyMap<string, string>;

/** What detectors said, as far as it is among the findings, and what is found here, as far as it agrees with that. */
function causes(findings: readonly Finding[], trace: TraceContext): Causes {
  const known = new Set(findings.map(({ incidentId }) => incidentId));
  const isThere = ({ incidentId, explainedBy }: Finding) =>
    known.has(explainedBy) && explainedBy !== incidentId;
  const next = new Map(
    findings.map((finding) => [finding.incidentId, isThere(finding) ? finding.explainedBy : '']),
  );
  for (const finding of [...findings].sort(byId)) {
    if (next.get(finding.incidentId) !== '') continue;
    const cause = causeOf(finding, findings, trace);
    if (!leadsTo(cause, finding.incidentId, next)) next.set(finding.incidentId, cause);
  }
  return next;
}

/** Whether `to` explains `from`, at whatever remove. */
function leadsTo(from: string, to: string, next: Causes): boolean {
  const seen = new Set<string>();
  for (let at = from; at !== '' && !seen.has(at); at = next.get(at) ?? '') {
    if (at === to) return true;
    seen.add(at);
  }
  return false;
}

function causeOf(finding: Finding, findings: readonly Finding[], trace: TraceContext): string {
  if (finding.kind === 'fanout_collapse') return stormOn(finding.signature, findings);
  if (finding.kind === 'blocking_chain') return causeOfChain(finding, findings, trace);
  return '';
}

/** The storm on a callee most of whose load is its retries; of several by id. */
function stormOn(callee: string, findings: readonly Finding[]): string {
  const storms = findings.filter(
    ({ kind, signature, evidence }) =>
      kind === 'retry_storm' && signature === callee && reader(evidence)('amplification') >= RETRIES_ARE_MOST,
  );
  return storms.map(({ incidentId }) => incidentId).sort()[0] ?? '';
}

/**
 * For each finding the root at the end of what explains what, by incident id; '' for a root. Of findings that say they
 * explain each other the one with the least id is the root.
 */
function resolve(next: Causes): Causes {
  const rootOf = new Map<string, string>();
  for (const start of next.keys()) {
    const seen = new Set<string>();
    let at = start;
    for (let up = next.get(at) ?? ''; up !== '' && !seen.has(at); up = next.get(at) ?? '') {
      seen.add(at);
      at = up;
    }
    if (seen.has(at)) at = leastOfCycle(at, next);
    rootOf.set(start, at === start ? '' : at);
  }
  return rootOf;
}

function leastOfCycle(within: string, next: Causes): string {
  let least = within;
  for (let at = next.get(within) ?? ''; at !== within; at = next.get(at) ?? within)
    if (at < least) least = at;
  return least;
}

const byId = (a: Pick<Explained, 'incidentId'>, b: Pick<Explained, 'incidentId'>) =>
  a.incidentId < b.incidentId ? -1 : a.incidentId > b.incidentId ? 1 : 0;

function explained({ incidentId, kind, agent, operation, signature }: Finding): Explained {
  return { incidentId, kind, agent, operation, signature };
}
