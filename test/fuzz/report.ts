/** What a run of the fuzzer tells. */
import path from 'node:path';
import { colours } from '#infra/colours.ts';
import { number } from '#infra/format.ts';
import type { TargetReport } from './watched.ts';

const COLUMNS = [18, 12, 10, 10, 9, 10] as const;
const row = (cells: readonly string[]) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(COLUMNS[i]) : cell.padStart(COLUMNS[i]))).join('');

export const HEADER = row(['target', 'inputs', 'inputs/s', 'reached', 'corpus', 'crashers']);

export function line(report: TargetReport): string {
  const { name, inputs, seconds, reached, corpus, found } = report;
  const rate = seconds === 0 ? 0 : Math.round(inputs / seconds);
  const text = row([
    name,
    number(inputs),
    number(rate),
    number(reached),
    number(corpus),
    String(found.length),
  ]);
  return found.length === 0 ? text : colours.red(text);
}

export const replayCommand = (file: string) =>
  `npm run fuzz -- --replay ${path.relative(process.cwd(), file)}`;

export function finalLine(reports: readonly TargetReport[], seconds: number, seed: number): string {
  const inputs = reports.reduce((sum, report) => sum + report.inputs, 0);
  const found = reports.reduce((sum, report) => sum + report.found.length, 0);
  const what = `${number(inputs)} inputs over ${reports.length} ${reports.length === 1 ? 'target' : 'targets'} in ${Math.round(seconds)} s, seed ${seed}`;
  return found === 0
    ? colours.green(`PASS  nothing broke: ${what}`)
    : colours.red(`FAIL  ${found} ${found === 1 ? 'crasher' : 'crashers'}: ${what}`);
}
