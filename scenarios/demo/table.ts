import Table from 'cli-table3';
import pc from 'picocolors';
import type { Measure } from '#schemas/events.ts';
import type { IncidentAnswer, Verdict } from './verdict.ts';

const COLUMNS = ['scenario', 'what ran', 'expected', 'found', 'root', 'evidence', 'recommendation'];
/** Wide enough for a sentence, small enough for a terminal of 160 columns. */
const WIDTHS = [12, 18, 17, 19, 16, 34, 40];

/** The demo's answer: a row for each incident, and one for what stayed silent. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const table = new Table({
    head: COLUMNS,
    colWidths: WIDTHS,
    wordWrap: true,
    style: { head: ['bold'], border: ['dim'] },
  });
  for (const verdict of verdicts) for (const row of rowsOf(verdict)) table.push(row);
  return table.toString();
}

function rowsOf({ scenario, trace, incidents, faults }: Verdict): string[][] {
  const what = trace
    ? `${scenario.about}\n${trace.spanCount} spans, ${ms(trace.durationMs)}`
    : scenario.about;
  const expected = scenario.expects.join('\n') || 'nothing';
  const first = incidents[0];
  const rows = [[scenario.name, what, expected, ...(first ? cellsOf(first) : ['nothing', '', '', ''])]];
  for (const incident of incidents.slice(1)) rows.push(['', '', '', ...cellsOf(incident)]);
  if (faults.length > 0) rows[0][3] += `\n${pc.red(faults.join('\n'))}`;
  else rows[0][3] = pc.green(rows[0][3]);
  return rows;
}

function cellsOf(incident: IncidentAnswer): string[] {
  return [
    `${incident.kind}\n(${incident.severity})`,
    `${incident.agent}\n${incident.operation}`,
    incident.evidence.slice(0, 6).map(measure).join('\n'),
    incident.recommendations[0]?.text ?? '',
  ];
}

function measure({ name, value, unit }: Measure): string {
  const text = unit === 'ms' ? ms(value) : String(Math.round(value * 1000) / 1000);
  return `${name} ${text}${unit === 'ms' || unit === 'count' || unit === 'ratio' ? '' : ` ${unit}`}`;
}

function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value).toLocaleString('en')} ms`;
}
