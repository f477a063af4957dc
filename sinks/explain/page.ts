/** Why a trace took its time, as lines for a terminal. */
import { elapsed, plural } from '#infra/format.ts';
import { findingLines } from './findings.ts';
import { insightLines } from './insights.ts';
import { pathLines } from './path.ts';
import { clean, wrap } from './text.ts';
import type { ClosedTrace, View } from './view.ts';

/** What took how long; then which trace it is. */
function head({ traceId, summary, findings }: ClosedTrace, newest: boolean, view: View): string[] {
  const { colours, width } = view;
  const who = clean(`${summary.rootAgent} / ${summary.rootOperation} (${summary.rootService})`);
  const facts = [
    elapsed(summary.durationMs),
    plural(summary.spanCount, 'span'),
    ...(summary.errorCount > 0 ? [plural(summary.errorCount, 'error')] : []),
    findings.length === 0 ? 'no findings' : plural(findings.length, 'finding'),
  ].join(', ');
  const [first, ...more] = wrap(`${who}: ${facts}`, width);
  const about = [
    `trace ${traceId}${newest ? ' (the newest)' : ''}, ${summary.start}`,
    ...(summary.partial ? ['partial: its root never came'] : []),
    ...(summary.revision > 1 ? [`revision ${summary.revision}, after late spans`] : []),
  ].join(', ');
  return [...[first, ...more].map(colours.bold), ...wrap(about, width).map(colours.dim)];
}

/** The whole page; `newest`: it was asked for as the newest trace. */
export function page(trace: ClosedTrace, newest: boolean, view: View): string[] {
  const sections = [
    head(trace, newest, view),
    pathLines(trace, view),
    findingLines(trace.findings, view),
    insightLines(trace.insights, trace.summary.durationMs, view),
  ].filter((lines) => lines.length > 0);
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
