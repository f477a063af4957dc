/** What the detectors found in the trace: what, how bad, where, and what to do first. */
import { clean, wrap } from './text.ts';
import type { Finding, View } from './view.ts';

/** A head, then the findings in their order. */
export function findingLines(findings: readonly Finding[], view: View): string[] {
  const { colours } = view;
  if (findings.length === 0) return [colours.bold('Findings: none')];
  return [colours.bold('Findings'), ...findings.flatMap((finding) => oneFinding(finding, view))];
}

function oneFinding(finding: Finding, { width, colours }: View): string[] {
  const { kind, severity, root, agent, operation, signature, recommendations } = finding;
  const colour = severity === 'critical' ? colours.red : colours.yellow;
  const where = `${root ? 'root' : 'symptom'}: ${agent} / ${operation} → ${signature}`;
  const [first, ...more] = wrap(clean(where), width - 2 - kind.length - 2 - severity.length - 2);
  const advice = recommendations.slice(0, 1).flatMap(({ text }) => wrap(clean(text), width - 6));
  return [
    `  ${colours.bold(kind)}  ${colour(severity)}  ${first}`,
    ...more.map((line) => `    ${line}`),
    ...advice.map((line, i) => `    ${i === 0 ? '→' : ' '} ${line}`),
  ];
}
