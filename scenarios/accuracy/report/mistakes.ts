import type { Outcome, TraceOutcome } from '../judge/outcome.ts';

/** So many of each sort are told one by one. */
const MOST = 10;

const list = (lines: readonly string[]) =>
  [
    ...lines.slice(0, MOST).map((line) => `- ${line}`),
    ...(lines.length > MOST ? [`- … and ${lines.length - MOST} more (\`--json\` lists all)`] : []),
  ].join('\n');

const line = ({ tenant, profile, traceId, note }: TraceOutcome, what: string) =>
  `${what}: \`${tenant}\`, ${profile}, trace \`${traceId}\`: ${note}`;

/** Every miss and every false alarm, with what is needed to plant it again. */
export function mistakes({ traces, falseIncidents, series }: Outcome): string {
  const missed = traces.flatMap((trace) =>
    trace.planted.filter(({ found }) => !found).map(({ kind }) => line(trace, `${kind} missed`)),
  );
  const misnamed = traces.flatMap((trace) =>
    trace.planted
      .filter(({ found, root }) => found && !root)
      .map(({ kind }) => line(trace, `${kind} at the wrong root`)),
  );
  const extra = traces.flatMap((trace) => trace.extra.map((kind) => line(trace, `${kind} is false`)));
  const ofIncidents = falseIncidents.map(({ tenant, note }) => `\`${tenant}\`: ${note}`);
  const ofSeries = series
    .filter(({ answer }) => answer !== undefined && !answer.root)
    .map(
      ({ tenant, kind, answer }) =>
        `\`${tenant}\`: ${kind} ${answer?.found ? 'at the wrong root' : 'missed'}`,
    );
  const sections = [
    ['Failures missed', missed],
    ['Roots named wrongly', misnamed],
    ['Findings of single traces that are false', extra],
    ['Incidents of windows that are false', ofIncidents],
    ['Series missed or misnamed', ofSeries],
  ] as const;
  const told = sections.filter(([, lines]) => lines.length > 0);
  if (told.length === 0) return 'Nothing.';
  return told.map(([what, lines]) => `${what}: ${lines.length}\n\n${list(lines)}`).join('\n\n');
}
