import Table from 'cli-table3';
import { colours } from '#infra/colours.ts';
import type { Finding } from '#schemas/events.ts';
import type { Verdict } from '../judge/verdict.ts';
import { answersOf, foundOf, headline, incidentUrl, measureText, ranText } from './texts.ts';

const COLUMNS = ['scenario', 'what ran', 'expected', 'found', 'root', 'evidence'];
const WIDTHS = [10, 21, 17, 17, 14, 29];
/** With the borders: a terminal of 120 shows it. */
export const TABLE_WIDTH = 115;

/** The demo's answer: for each incident a row, and below it what to do and where to read on. */
export function verdictTable(verdicts: readonly Verdict[], api: string): string {
  const table = new Table({
    head: COLUMNS,
    colWidths: WIDTHS,
    wordWrap: true,
    style: colours.isColorSupported ? { head: ['bold'], border: ['dim'] } : { head: [], border: [] },
  });
  for (const verdict of verdicts) addRows(table, verdict, api);
  return table.toString();
}

function addRows(table: InstanceType<typeof Table>, verdict: Verdict, api: string): void {
  const { scenario, trace, faults } = verdict;
  const about = ranText(verdict).join('\n');
  const mark = faults.length === 0 ? colours.green : colours.red;
  const [planted, ...others] = foundOf(verdict);
  const expected = scenario.expects.join('\n') || 'nothing';
  if (planted) {
    table.push([scenario.name, about, expected, ...cellsOf(planted, mark)]);
    table.push(detail(`→ ${planted.recommendations[0]?.text ?? ''}`, incidentUrl(api, planted)));
  } else {
    table.push([scenario.name, about, expected, mark('nothing'), '', '']);
    const answers = answersOf(verdict).join('\n');
    if (trace) table.push(detail(answers, `${api}/v1/traces/${trace.traceId}/insights`));
  }
  for (const other of others) table.push(detail(mark(`+ ${headline(other)}`), incidentUrl(api, other)));
  if (faults.length > 0) table.push(detail(colours.red(faults.join('; ')), ''));
}

/** A line across all columns but the first. */
function detail(text: string, link: string) {
  const lines = [text, colours.dim(link)].filter((line) => line !== '');
  return ['', { colSpan: COLUMNS.length - 1, content: lines.join('\n') }];
}

function cellsOf(finding: Finding, mark: (text: string) => string): string[] {
  return [
    mark(`${finding.kind}\n(${finding.severity})`),
    finding.agent === finding.operation ? finding.agent : `${finding.agent}\n${finding.operation}`,
    finding.evidence.slice(0, 6).map(measureText).join('\n'),
  ];
}
