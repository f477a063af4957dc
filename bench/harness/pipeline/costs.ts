/** CPU of processes over rounds as costs a span: the rows of a report. */
import type { Cost } from '../case.ts';
import type { Rounds } from '../rounds.ts';
import { spread } from '../statistics.ts';
import type { RunCost } from './bench.ts';

/** Not ours and not the peer's: shown beside the ratios. */
export const BESIDE: ReadonlySet<string> = new Set(['broker', 'engine', 'generator']);

/** µs of CPU a span of the processes that count. */
export function countedMicros({ cpuMs }: Pick<RunCost, 'cpuMs'>, spans: number): number {
  const counted = Object.entries(cpuMs).filter(([name]) => !BESIDE.has(name));
  return (counted.reduce((sum, [, ms]) => sum + ms, 0) * 1000) / spans;
}

/** And of everything. */
export const totalMicros = ({ cpuMs }: Pick<RunCost, 'cpuMs'>, spans: number): number =>
  (Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0) * 1000) / spans;

/** A cost for each process of each variant that ran. */
export function costsOf<Variant extends string>(
  variants: readonly Variant[],
  rounds: Rounds<Variant, RunCost>,
  spans: number,
): Cost[] {
  return variants.flatMap((variant) => {
    const runs = rounds.of(variant);
    return Object.keys(runs[0]?.cpuMs ?? {}).map((process) => ({
      variant,
      process,
      counted: !BESIDE.has(process),
      ...spread(runs.map(({ cpuMs }) => (cpuMs[process] * 1000) / spans)),
    }));
  });
}
