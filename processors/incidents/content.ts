import { createHash } from 'node:crypto';
import type { Explained, Finding, FindingKind, IncidentEvent, Measure } from '#schemas/events.ts';

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
  | 'explains'
>;

/** What people call a kind of finding. */
export type TitleOf = (kind: FindingKind) => string;

/** Content of an event from a finding. */
export function contentOf(finding: Finding, titleOf: TitleOf): Content {
  const { kind, severity, agent, operation, signature, evidence, timeline, recommendations } = finding;
  const callee = signature === '' ? '' : ` → ${signature}`;
  const title = `${titleOf(kind)}: ${agent} / ${operation}${callee}`;
  const explanation = finding.explanation + symptomText(finding.explains, titleOf);
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
    explains: finding.explains,
  };
}

function symptomText(symptoms: readonly Explained[], titleOf: TitleOf): string {
  if (symptoms.length === 0) return '';
  const names = symptoms.map((s) => `${titleOf(s.kind).toLowerCase()} at ${s.agent} / ${s.operation}`);
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
