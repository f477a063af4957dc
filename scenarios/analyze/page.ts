/** What an analysis says, as lines for a terminal. */
import { elapsed, number, plural } from '#infra/format.ts';
import { findingLines } from '#sinks/explain/findings.ts';
import { insightLines } from '#sinks/explain/insights.ts';
import { pathLines } from '#sinks/explain/path.ts';
import { clean, wrap } from '#sinks/explain/text.ts';
import type { View } from '#sinks/explain/view.ts';
import type { AnalysedTrace, Analysis } from './analyse.ts';
import { fileLines } from './file-lines.ts';
import type { ReadFile } from './files.ts';
import { graphLines } from './graph.ts';
import { incidentLines } from './incidents.ts';
import { segmentLines } from './segments.ts';
import { toTrace } from './to-trace.ts';

/** Traces in full; of more the others have a line each, and then none. */
const IN_FULL = 3;
const LISTED = 20;

/** Everything: the files, the traces (those with findings first, then the longest), the incidents. */
export function page(files: readonly ReadFile[], { traces, incidents }: Analysis, view: View): string[] {
  const { colours } = view;
  const full = view.all
    ? traces
    : traces.length <= IN_FULL
      ? traces
      : [...traces].sort(byInterest).slice(0, IN_FULL);
  const others = traces.filter((trace) => !full.includes(trace));
  const listed = [...others].sort(byInterest).slice(0, LISTED);
  const rest = others.length - listed.length;
  const sections = [
    files.flatMap((file) => fileLines(file, view)),
    ...full.map((trace) => traceLines(trace, files, view)),
    others.length === 0
      ? []
      : [
          colours.bold(`${plural(others.length, 'other trace')} (--all: in full)`),
          ...listed.map((trace) => `  ${summaryLine(trace, files)}`),
          ...(rest > 0 ? [colours.dim(`  … ${number(rest)} more`)] : []),
        ],
    traces.length === 0 ? [] : incidentLines(incidents, view),
  ].filter((lines) => lines.length > 0);
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function byInterest(a: AnalysedTrace, b: AnalysedTrace): number {
  return b.summary.findings.length - a.summary.findings.length || b.summary.durationNs - a.summary.durationNs;
}

/** Its id, or the name that the file gives it instead. */
export function nameOf({ summary }: AnalysedTrace, files: readonly ReadFile[]): string {
  for (const { reading } of files) {
    const name = reading?.names.get(summary.traceId);
    if (name !== undefined) return name;
  }
  return summary.traceId;
}

function facts({ summary, duplicates }: AnalysedTrace): string {
  return [
    elapsed(summary.durationNs / 1e6),
    plural(summary.spanCount, 'span'),
    ...(duplicates > 0 ? [`${plural(duplicates, 'duplicate')} left out`] : []),
    ...(summary.errorCount > 0 ? [plural(summary.errorCount, 'error')] : []),
    summary.findings.length === 0 ? 'no findings' : plural(summary.findings.length, 'finding'),
    ...(summary.partial ? ['partial: its root is not there'] : []),
  ].join(', ');
}

const who = ({ rootAgent, rootOperation, rootService }: AnalysedTrace['summary']) =>
  `${rootAgent} / ${rootOperation} (${rootService})`;

const summaryLine = (trace: AnalysedTrace, files: readonly ReadFile[]) =>
  clean(`${nameOf(trace, files)}  ${who(trace.summary)}: ${facts(trace)}`);

function traceLines(trace: AnalysedTrace, files: readonly ReadFile[], view: View): string[] {
  const { colours, width } = view;
  const { summary } = trace;
  const closed = toTrace(trace);
  const about = `trace ${nameOf(trace, files)}, ${closed.summary.start}`;
  const sections = [
    [
      ...wrap(clean(`${who(summary)}: ${facts(trace)}`), width).map(colours.bold),
      ...wrap(clean(about), width).map(colours.dim),
    ],
    graphLines(summary, view),
    [...pathLines(closed, view), ...segmentLines(summary.path, summary.durationNs, view)],
    findingLines(closed.findings, view),
    insightLines(closed.insights, closed.summary.durationMs, view),
  ].filter((lines) => lines.length > 0);
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
