/** What may not grow, and from when on it does. */
import { type Fold, inBlocks, type Point, type Slope, slopeOf } from './slope.ts';

export type Measure = 'rss' | 'heap' | 'handles' | 'files' | 'threads' | 'lag';

export interface Bound {
  readonly about: string;
  readonly unit: string;
  readonly fold: Fold;
  /** Units a minute. */
  readonly perMinute: number;
  /** Units that growth over the whole of the measured time must reach: of a short run only a plain leak is certain. */
  readonly least: number;
}

export const BOUNDS: Readonly<Record<Measure, Bound>> = {
  rss: { about: 'resident memory', unit: 'MiB', fold: 'median', perMinute: 1, least: 40 },
  heap: {
    about: 'JavaScript heap, after collections',
    unit: 'MiB',
    fold: 'lowest',
    perMinute: 0.5,
    least: 10,
  },
  handles: { about: 'active handles of the event loop', unit: '', fold: 'median', perMinute: 0.25, least: 5 },
  // What a merge or a query opens is closed again: a file that is not is in the least count, too.
  files: { about: 'open file descriptors', unit: '', fold: 'lowest', perMinute: 0.5, least: 10 },
  threads: { about: 'threads', unit: '', fold: 'lowest', perMinute: 0.25, least: 5 },
  lag: { about: 'records not yet read', unit: '', fold: 'median', perMinute: 5, least: 100 },
};

/** ClickHouse keeps caches of marks and parts, which fill until their own bounds, and pools of threads that come and go. */
const ENGINE: Partial<Record<Measure, Partial<Bound>>> = {
  rss: { perMinute: 8, least: 160 },
  files: { perMinute: 1, least: 20 },
  threads: { perMinute: 1, least: 20 },
};

export function boundOf(service: string, measure: Measure): Bound {
  return { ...BOUNDS[measure], ...(service === 'engine' ? ENGINE[measure] : undefined) };
}

export type Verdict = 'flat' | 'unclear' | 'grows' | 'not measured';

export interface Judged {
  readonly service: string;
  readonly measure: Measure;
  readonly bound: Bound;
  readonly slope?: Slope;
  readonly first: number;
  readonly last: number;
  readonly verdict: Verdict;
}

/**
 * `grows`: even the lower end of the interval is beyond the bound. `unclear`: only its upper end is. `points` are those
 * after the warm-up.
 */
export function judge(service: string, measure: Measure, points: readonly Point[]): Judged {
  const bound = boundOf(service, measure);
  const blocks = inBlocks(points, bound.fold);
  const slope = slopeOf(blocks);
  const base = {
    service,
    measure,
    bound,
    slope,
    first: blocks[0]?.value ?? 0,
    last: blocks.at(-1)?.value ?? 0,
  };
  if (slope === undefined) return { ...base, verdict: 'not measured' };
  const beyond = (perMinute: number) =>
    perMinute > bound.perMinute && perMinute * slope.minutes > bound.least;
  if (beyond(slope.low)) return { ...base, verdict: 'grows' };
  return { ...base, verdict: beyond(slope.high) ? 'unclear' : 'flat' };
}
