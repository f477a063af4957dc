import type { Explained, Finding } from '#schemas/events.ts';
import { reader } from './measures.ts';

/** From here on more than half of the load on a callee is retries. */
const RETRIES_ARE_MOST = 2;

/**
 * Decides which findings of one trace explain others. Conservative: each stays a root unless its evidence lies within
 * another's cause. A fan-out that queues at a callee is a symptom of a retry storm on it where retries are at least
 * half of the attempts that queue; below that the fan-out queues on its own account, and both are listed.
 */
export function markRoots(findings: readonly Finding[]): Finding[] {
  const storms = new Map(
    findings
      .filter(
        ({ kind, root, evidence }) =>
          kind === 'retry_storm' && root && reader(evidence)('amplification') >= RETRIES_ARE_MOST,
      )
      .map((storm) => [storm.signature, storm.incidentId]),
  );
  const marked = findings.map((finding) => {
    const storm = finding.kind === 'fanout_collapse' ? storms.get(finding.signature) : undefined;
    return storm === undefined ? finding : { ...finding, root: false, explainedBy: storm };
  });
  return marked.map((finding) => {
    const explains = marked.filter((other) => other.explainedBy === finding.incidentId).map(explained);
    return explains.length === 0 ? finding : { ...finding, explains };
  });
}

function explained({ incidentId, kind, agent, operation, signature }: Finding): Explained {
  return { incidentId, kind, agent, operation, signature };
}
