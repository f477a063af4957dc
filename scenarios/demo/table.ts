import Table from 'cli-table3';
import pc from 'picocolors';
import { elapsed } from '#infra/format.ts';
import type { Finding, Measure } from '#schemas/events.ts';
import type { Verdict } from '../judge/verdict.ts';

const COLUMNS = ['scenario', 'what ran', 'expected', 'found', 'root', 'evidence'];
/** With the borders 115 columns: what a terminal of 120 can show. */
const WIDTHS = [10, 21, 17, 17, 14, 29];

/** The demo's answer: for each incident a row, and below it what to do and where to read on. */
export function verdictTable(verdicts: readonly Verdict[], api: string): string {
  const table = new Table({
    head: COLUMNS,
    colWidths: WIDTHS,
    wordWrap: true,
    style: pc.isColorSupported ? { head: ['bold'], border: ['dim'] } : { head: [], border: [] },
  });
  for (const verdict of verdicts) addRows(table, verdict, api);
  return table.toString();
}

function addRows(table: InstanceType<typeof Table>, verdict: Verdict, api: string): void {
  const { scenario, trace, faults } = verdict;
  const ran = trace?.summary;
  const about = ran
    ? `${scenario.about}\n${ran.spanCount} spans, ${elapsed(ran.durationMs)}`
    : scenario.about;
  const mark = faults.length === 0 ? pc.green : pc.red;
  // What was planted comes first; what else it truly shows, after.
  const found = verdict.found.toSorted((a, b) => order(verdict, a) - order(verdict, b));
  if (found.length === 0) {
    table.push([scenario.name, about, scenario.expects.join('\n') || 'nothing', mark('nothing'), '', '']);
    if (trace) table.push(detail(answers(verdict), `${api}/v1/traces/${trace.traceId}/insights`));
  }
  const [planted, ...others] = found;
  if (planted) {
    table.push([scenario.name, about, scenario.expects.join('\n'), ...cellsOf(planted, mark)]);
    table.push(detail(`→ ${planted.recommendations[0]?.text ?? ''}`, incidentUrl(api, planted)));
  }
  for (const other of others) table.push(detail(mark(`+ ${headline(other)}`), incidentUrl(api, other)));
  if (faults.length > 0) table.push(detail(pc.red(faults.join('; ')), ''));
}

/** What the scenario is there to show. */
function answers({ scenario, trace }: Verdict): string {
  return scenario.insights
    .flatMap(({ kind }) => trace?.insights.find((insight) => insight.kind === kind)?.answer ?? [])
    .map((answer) => `→ ${answer}`)
    .join('\n');
}

function order({ scenario }: Verdict, { kind }: Finding): number {
  const at = scenario.expects.indexOf(kind);
  return at < 0 ? scenario.expects.length : at;
}

/** A line across all columns but the first. */
function detail(text: string, link: string) {
  const lines = [text, pc.dim(link)].filter((line) => line !== '');
  return ['', { colSpan: COLUMNS.length - 1, content: lines.join('\n') }];
}

function incidentUrl(api: string, { incidentId }: Finding): string {
  return `${api}/v1/incidents/${incidentId}`;
}

/** What a run truly shows besides what was planted, in one sentence. */
function headline(finding: Finding): string {
  const evidence = finding.evidence.slice(0, 4).map(measure).join(', ');
  return `${finding.kind} (${finding.severity}) at ${finding.agent}: ${evidence}`;
}

function cellsOf(finding: Finding, mark: (text: string) => string): string[] {
  return [
    mark(`${finding.kind}\n(${finding.severity})`),
    finding.agent === finding.operation ? finding.agent : `${finding.agent}\n${finding.operation}`,
    finding.evidence.slice(0, 6).map(measure).join('\n'),
  ];
}

function measure({ name, value, unit }: Measure): string {
  return `${name} ${unit === 'ms' ? elapsed(value) : Math.round(value * 1000) / 1000}`;
}
