import type { Finding } from '#schemas/events.ts';
import { reader } from './measures.ts';

/** From here on more than half of the load on a callee is retries. */
const RETRIES_ARE_MOST = 2;

/**
 * Decides which findings of one trace explain others. Conservative: each stays a root unless its evidence lies within
 * another's cause. A fan-out that queues at a callee is a symptom of a retry storm on it where retries are at least
 * half of the attempts that queue; below that the fan-out queues on its own account, and both are listed.
 */
export function markRoots(findings: readonly Finding[]): Finding[] {
  const stormed = new Set(
    findings
      .filter(
        ({ kind, root, evidence }) =>
          kind === 'retry_storm' && root && reader(evidence)('amplification') >= RETRIES_ARE_MOST,
      )
      .map((finding) => finding.signature),
  );
  return findings.map((finding) =>
    finding.kind === 'fanout_collapse' && stormed.has(finding.signature)
      ? { ...finding, root: false }
      : finding,
  );
}
