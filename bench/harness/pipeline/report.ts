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

export function notesOf<Name extends string>({ truth, spans, corpora }: Comparison<Name>): string[] {
  const { traces, seed, partitions } = corpora.main;
  return [
    `${spans} spans of ${traces} traces (seed ${seed}), about 450 bytes and ten attributes a span, in batches of 512 on ${partitions} partitions; 2 % of the traces fail. The log is written as fast as the broker takes it.`,
    `Before, each process warms up on ${truth.after[0].spans} other spans, until all their results are there: loading and compiling is taken off.`,
  ];
}
