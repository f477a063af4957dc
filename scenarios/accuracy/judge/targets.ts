import { NOMINAL } from '../corpus/patterns.ts';
import type { Score } from './score.ts';

/** Something the whole must reach, and whether it does. */
export interface Target {
  readonly what: string;
  /** `≥ 0.98`. */
  readonly wanted: string;
  readonly value: number;
  readonly met: boolean;
}

const LEAST_RECALL = 0.98;
const MOST_FALSE_PER_THOUSAND = 5;
const LEAST_ROOT = 0.95;
const LEAST_TRACES = 20_000;
const LEAST_CONTROLS = 10;

const atLeast = (what: string, value: number, least: number): Target => ({
  what,
  wanted: `≥ ${least}`,
  value,
  met: value >= least,
});

/** A share; of nothing it is 0, so that what was never tried is never met. */
export const share = (part: number, of: number): number => (of === 0 ? 0 : part / of);

/** False alarms on control traces and of windows, for every thousand control traces. */
export function falsePerThousand({ detectors, controls }: Score): number {
  return (
    1_000 *
    share(
      detectors.reduce((sum, { falseAlarms }) => sum + falseAlarms, 0),
      controls,
    )
  );
}

/** What issue 5 asks of the detectors. `whole`: the corpus has its full size, which is one of the targets. */
export function targetsOf(score: Score, whole: boolean): Target[] {
  const { detectors, strengths, series, planted, controls, traces } = score;
  const failures =
    planted + series.reduce((sum, { recall, undecided }) => sum + recall.planted + undecided, 0);
  const nominal = (title: string, of: Score['strengths']) =>
    of
      .filter(({ strength }) => strength === NOMINAL)
      .map(({ kind, recall }) =>
        atLeast(`recall of ${kind}${title}, nominal`, share(recall.found, recall.planted), LEAST_RECALL),
      );
  const falseOnes = falsePerThousand(score);
  const found = detectors.reduce((sum, { all }) => sum + all.found, 0);
  const named = detectors.reduce((sum, { all }) => sum + all.root, 0);
  return [
    ...nominal('', strengths),
    ...nominal(' over several traces', series),
    {
      what: 'false incidents per 1,000 control traces',
      wanted: `≤ ${MOST_FALSE_PER_THOUSAND}`,
      value: falseOnes,
      met: falseOnes <= MOST_FALSE_PER_THOUSAND,
    },
    atLeast('root named right, of what was found', share(named, found), LEAST_ROOT),
    ...(whole
      ? [
          atLeast('traces', traces, LEAST_TRACES),
          atLeast('control traces for each planted failure', share(controls, failures), LEAST_CONTROLS),
        ]
      : []),
  ];
}
