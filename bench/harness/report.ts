/** `bench/RESULTS.md`: a section per case. */
import { plural } from '#infra/format.ts';
import { markdownTable } from '#infra/markdown.ts';
import type { CaseResult, Cost, Ratio, ResultTable } from './case.ts';
import type { CaseRun } from './results.ts';

const HEAD = `# Results

Written by \`npm run bench\`; each section by the command that it names. How it is measured, and how to read it:
[README.md](README.md).
`;

const PICTURE = `
![µs of CPU a span, by case, variant and process](results.svg)
`;

export function page(runs: readonly CaseRun[]): string {
  const pictured = runs.some(({ result }) => (result.costs ?? []).length > 0);
  return [HEAD, ...(pictured ? [PICTURE] : []), ...runs.map((run) => `\n${section(run)}`)].join('');
}

export function section(run: CaseRun): string {
  const { result } = run;
  const broker = run.broker === 'kafka' ? 'Apache Kafka' : 'embedded broker';
  return [
    `## ${run.name}`,
    '',
    run.about,
    '',
    `\`${run.command}\`, ${run.date}, ${plural(run.rounds, 'round')}, ${Math.round(run.seconds)} s, ${broker}. ${run.machine}. Load average ${run.load[0]} before, ${run.load[1]} after.`,
    ...paragraphs(result),
    '',
  ].join('\n');
}

function paragraphs(result: CaseResult): string[] {
  const tables = [
    ...(result.ratios.length > 0 ? [ratioTable(result.ratios)] : []),
    ...((result.costs ?? []).length > 0 ? [costTable(result.costs ?? [])] : []),
    ...result.tables,
  ];
  return [
    ...tables.flatMap((each) => ['', ...table(each)]),
    ...list('Equal before any time counted:', result.checks),
    ...list('Notes:', result.notes),
  ];
}

const list = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, '', ...lines.map((line) => `- ${line}`)];

function ratioTable(ratios: readonly Ratio[]): ResultTable {
  return {
    title: 'Ratios, inside each round',
    columns: ['ratio', 'median', 'min', 'max', 'promised', ''],
    rows: ratios.map((ratio) => [
      ratio.name,
      ratio.median,
      ratio.min,
      ratio.max,
      promised(ratio),
      promised(ratio) === '' ? '' : isKept(ratio) ? 'kept' : '**missed**',
    ]),
  };
}

/** In words; '' where nothing is. */
export const promised = ({ atLeast, atMost }: Ratio): string =>
  [
    ...(atLeast === undefined ? [] : [`at least ${shown(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${shown(atMost)}`]),
  ].join(', ');

/** Three digits: two thirds are no longer than that. */
export const shown = (value: number): number => Number(value.toPrecision(3));

/** Is the median on the right side of what is promised? */
export const isKept = ({ median, atLeast, atMost }: Ratio): boolean =>
  median >= (atLeast ?? Number.NEGATIVE_INFINITY) && median <= (atMost ?? Number.POSITIVE_INFINITY);

function costTable(costs: readonly Cost[]): ResultTable {
  return {
    title: 'µs of CPU a span (user and system, all threads)',
    columns: ['variant', 'process', 'median', 'min', 'max', 'in the ratios'],
    rows: costs.map(({ variant, process, median, min, max, counted }) => [
      variant,
      process,
      median,
      min,
      max,
      counted ? 'yes' : 'beside',
    ]),
  };
}

function table({ title, columns, rows }: ResultTable): string[] {
  const numeric = columns.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  return [
    `**${title}**`,
    '',
    markdownTable(
      columns,
      rows.map((row) => row.map(cell)),
      numeric,
    ),
  ];
}

/** Three digits that mean something. */
function cell(value: string | number): string {
  if (typeof value === 'string') return value.replaceAll('|', '\\|');
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100 || Number.isInteger(value))
    return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
