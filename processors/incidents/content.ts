import { createHash } from 'node:crypto';
import type { Finding, FindingKind, IncidentEvent, Measure } from '#schemas/events.ts';

const TITLES: Record<FindingKind, string> = {
  fanout_collapse: 'Fan-out collapse',
  retry_storm: 'Retry storm',
  blocking_chain: 'Blocking chain',
  starvation: 'Starvation',
};

/** The part of an event that says what is wrong, not when or how often it was said. */
export type Content = Pick<
  IncidentEvent,
  | 'kind'
  | 'severity'
  | 'agent'
  | 'operation'
  | 'signature'
  | 'title'
  | 'explanation'
  | 'evidence'
  | 'timeline'
  | 'recommendations'
  | 'contentDigest'
>;

/** Content of an event from a finding and the findings of its trace that it explains. */
export function contentOf(finding: Finding, symptoms: readonly Finding[]): Content {
  const { kind, severity, agent, operation, signature, evidence, timeline, recommendations } = finding;
  const callee = signature === '' ? '' : ` → ${signature}`;
  const title = `${TITLES[kind]}: ${agent} / ${operation}${callee}`;
  const explanation = finding.explanation + symptomText(symptoms);
  const digest = createHash('sha256')
    .update(JSON.stringify([severity, evidence, title, explanation, recommendations]), 'utf8')
    .digest('hex');
  return {
    kind,
    severity,
    agent,
    operation,
    signature,
    title,
    explanation,
    evidence,
    timeline,
    recommendations,
    contentDigest: digest.slice(0, 16),
  };
}

function symptomText(symptoms: readonly Finding[]): string {
  if (symptoms.length === 0) return '';
  const names = symptoms.map((s) => `${TITLES[s.kind].toLowerCase()} at ${s.agent} / ${s.operation}`);
  return ` It also explains, in the same trace: ${[...new Set(names)].sort().join('; ')}.`;
}

/**
 * True where the evidence is of another class than before: a number came or went, or has at least doubled or halved.
 * Measured against the last event, so that a value near a fixed boundary cannot flicker.
 */
export function otherClass(before: readonly Measure[], after: readonly Measure[]): boolean {
  if (before.length !== after.length) return true;
  const values = new Map(before.map((measure) => [measure.name, measure.value]));
  return after.some(({ name, value }) => {
    const was = values.get(name);
    if (was === undefined) return true;
    return Math.abs(value - was) >= Math.max(Math.abs(value), Math.abs(was)) / 2 && value !== was;
  });
}

const EXEMPLARS = 10;

/** At most ten of the sorted trace ids. */
export function exemplars(traces: readonly string[]): string[] {
  return traces.slice(0, EXEMPLARS);
}
