import { colours } from '#infra/colours.ts';
import type { LiveRun } from '../live/run.ts';
import type { Watched } from './watch.ts';

/** What was planted against what was found, and what else the trace reveals, for a person. */
export function reportLines(
  { traceId, truth }: Pick<LiveRun, 'traceId' | 'truth'>,
  { trace, open }: Watched,
  api: string,
): { readonly lines: readonly string[]; readonly right: boolean } {
  const planted = new Set<string>(truth.failures.map(({ kind }) => kind));
  const shown = new Set<string>(trace.findings.map(({ kind }) => kind));
  // In the order of what was planted.
  const found = new Set([...[...planted].filter((kind) => shown.has(kind)), ...shown]);
  const missing = [...planted].filter((kind) => !found.has(kind));
  const extra = [...found].filter((kind) => !planted.has(kind));
  const lines = [
    `planted  ${[...planted].join(', ') || 'nothing'}`,
    `found    ${[...found].join(', ') || 'nothing'}  ${missing.length + extra.length === 0 ? colours.green('✔') : colours.red('✘')}`,
  ];
  for (const { kind, severity, agent, explanation, recommendations, incidentId } of open) {
    lines.push('', colours.bold(`${kind} (${severity}) at ${agent}`), explanation);
    if (recommendations[0]) lines.push(`→ ${recommendations[0].text}`);
    lines.push(colours.dim(`${api}/v1/incidents/${incidentId}`));
  }
  const answers = trace.insights.filter(({ found: yes }) => yes);
  if (answers.length > 0) lines.push('', ...answers.map(({ answer }) => `· ${answer}`));
  lines.push('', colours.dim(`npm run explain -- ${traceId}`));
  return { lines, right: missing.length + extra.length === 0 };
}
