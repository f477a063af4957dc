/** What the reports of the pipelines' cases have in common. */
import type { ResultTable } from '../case.ts';
import type { Rounds } from '../rounds.ts';
import { spread } from '../statistics.ts';
import type { RunCost } from './bench.ts';
import type { Comparison } from './compare.ts';
import { countedMicros, totalMicros } from './costs.ts';

/** The sums that the ratios are of, with everything, and how long a run took. */
export function runsTable<Variant extends string>(
  variants: readonly Variant[],
  rounds: Rounds<Variant, RunCost>,
  spans: number,
): ResultTable {
  return {
    title: 'Whole runs',
    columns: ['variant', 'µs a span', 'min', 'max', 'with broker and engine', 'seconds', 'spans/s'],
    rows: variants.flatMap((variant) => {
      const runs = rounds.of(variant);
      if (runs.length === 0) return [];
      const counted = spread(runs.map((run) => countedMicros(run, spans)));
      const total = spread(runs.map((run) => totalMicros(run, spans)));
      const seconds = spread(runs.map((run) => run.seconds));
      const { median, min, max } = counted;
      return [[variant, median, min, max, total.median, seconds.median, spans / seconds.median]];
    }),
  };
}

export function notesOf<Name extends string>({ truth, bench }: Comparison<Name>): string[] {
  const { corpus } = bench;
  return [
    `${truth.spans} spans of ${corpus.traces} traces (seed ${corpus.seed}), about 450 bytes and ten attributes a span, in batches of 512 on ${corpus.partitions} partitions; 2 % of the traces fail. The log is full before a process starts.`,
    'CPU until a process is ready is taken off, measured on empty topics. What its compiler does later counts.',
  ];
}
