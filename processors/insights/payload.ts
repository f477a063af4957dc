/** The question of large payloads: does the time of an operation's calls follow the bytes that they move? */
import { elapsed, percent, plural, size } from '#infra/format.ts';
import { duration, failedCalls, isCall } from '../detectors/calls.ts';
import { entry } from '../detectors/finding.ts';
import { count, ms, ratio, reader } from '../detectors/measures.ts';
import { CLOCK_NS } from '../trace/clock.ts';
import { ROLE } from '../trace/roles.ts';
import type { TraceView } from '../trace/view.ts';
import { longest, makeInsight } from './answer.ts';
import { Ints } from './columns.ts';
import type { InsightRule } from './insight.ts';
import { type Fit, leastSquares } from './payload-fit.ts';

/** Design §5. */
const LEAST_SIZES = 3;
const LEAST_CALLS = 8;
const LEAST_R_SQUARED = 0.8;
/** Bytes that make less of the time than this do not bound it, however well it follows them. Own choice. */
const BOUND_SHARE = 0.5;
/** Below this many calls of an operation that carry a size there is nothing to compare. */
const LEAST_ASKED = 2;
/** So many calls of an operation, evenly spread, tell whether its calls carry sizes: most operations have none. */
const PROBES = 8;
/** Bytes each way (OpenTelemetry HTTP conventions, development), or both in one number. */
const SIZES = ['http.response.body.size', 'http.request.body.size', 'ati.payload.bytes'] as const;

interface Sample {
  readonly row: number;
  readonly bytes: number;
}

/** A size that no payload has is none: sums and squares of them stay finite. */
function read(view: TraceView, row: number, key: string): number | undefined {
  const value = view.attribute(row, key);
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** No span of most traces says a size. */
function mayHaveSizes(view: TraceView): boolean {
  for (let i = 0; i < SIZES.length; i++) if (view.mayHave(SIZES[i])) return true;
  return false;
}

/** A bit for each of SIZES that any of some calls of the operation says. */
function sizesSaid(view: TraceView, rows: Int32Array, from: number, to: number): number {
  const n = to - from;
  const probes = Math.min(n, PROBES);
  let said = 0;
  for (let i = 0; i < probes; i++) {
    const row = rows[from + (n <= PROBES ? i : Math.round((i * (n - 1)) / (PROBES - 1)))];
    for (let key = 0; key < SIZES.length; key++)
      if (((said >> key) & 1) === 0 && read(view, row, SIZES[key]) !== undefined) said |= 1 << key;
  }
  return said;
}

/** The calls of one operation (`rows` from `from` to before `to`) that say how many bytes they moved and did not fail. */
function samplesOf(view: TraceView, rows: Int32Array, from: number, to: number): Sample[] {
  const samples: Sample[] = [];
  const said = sizesSaid(view, rows, from, to);
  if (said === 0) return samples;
  const keys = SIZES.filter((_, key) => ((said >> key) & 1) === 1);
  const failed = failedCalls(view);
  for (let i = from; i < to; i++) {
    const row = rows[i];
    if (failed[row] === 1) continue;
    const known = keys.map((key) => read(view, row, key)).filter((bytes) => bytes !== undefined);
    if (known.length > 0) samples.push({ row, bytes: known.reduce((sum, bytes) => sum + bytes, 0) });
  }
  return samples;
}

const total = (samples: readonly Sample[]) => samples.reduce((sum, sample) => sum + sample.bytes, 0);

/** By callee how many calls it has, then where its next one goes in `sorted`; callees in order of their first call. */
const [counts, callees, sorted] = [new Ints(), new Ints(), new Ints()];

const isAsked = (view: TraceView, row: number) => isCall(view, row) && view.role[row] !== ROLE.agent;

/** Sorts the calls, but of agents, by callee; returns how many callees there are. */
function byCallee(view: TraceView): number {
  const count = counts.filled(view.strings.length, 0);
  const callee = callees.room(view.n);
  const rows = sorted.room(view.n);
  let n = 0;
  for (let row = 0; row < view.n; row++)
    if (isAsked(view, row) && count[view.callee[row]]++ === 0) callee[n++] = view.callee[row];
  for (let i = 0, at = 0; i < n; i++) {
    const before = at;
    at += count[callee[i]];
    count[callee[i]] = before;
  }
  for (let row = 0; row < view.n; row++) if (isAsked(view, row)) rows[count[view.callee[row]]++] = row;
  return n;
}

/** Those of the operation that moved the most bytes; of equal ones the one that came first, so the caller's. */
function heaviest(view: TraceView): Sample[] {
  const n = byCallee(view);
  let best: Sample[] = [];
  for (let i = 0, from = 0; i < n; i++) {
    const to = counts.at[callees.at[i]];
    if (to - from >= LEAST_ASKED) {
      const samples = samplesOf(view, sorted.at, from, to);
      const more = best.length === 0 || total(samples) > total(best);
      if (samples.length >= LEAST_ASKED && more) best = samples;
    }
    from = to;
  }
  return best;
}

/** Why the time does not follow the size; undefined where it does. `bytes`: the sizes that occur, rising. */
function objection(
  samples: readonly Sample[],
  times: readonly number[],
  bytes: readonly number[],
  fit: Fit,
): string | undefined {
  const n = samples.length;
  const all = n === 2 ? 'both' : `all ${n}`;
  if (bytes.length === 1) return `${all} answers are of one size (${size(bytes[0])})`;
  if (bytes.length < LEAST_SIZES) return `only ${bytes.length} sizes in ${n} answers`;
  if (n < LEAST_CALLS)
    return `only ${plural(n, 'sample')} of ${bytes.length} sizes, ${LEAST_CALLS} are needed`;
  if (times.every((each) => each === times[0]))
    return `every answer took ${elapsed(times[0])}, whatever its size`;
  if (Math.abs(fit.slope) * (bytes[bytes.length - 1] - bytes[0]) < CLOCK_NS / 1e6)
    return `the largest answer takes less than 1 ms more or less than the smallest`;
  if (fit.slope <= 0) return 'larger answers take no longer';
  if (fit.rSquared < LEAST_R_SQUARED) return `R² ${fit.rSquared.toFixed(2)}: time does not follow size`;
  return undefined;
}

/**
 * Least squares of duration on bytes over the calls of the operation that moved the most. Payload-bound by design §5:
 * at least 3 sizes, 8 samples, R² ≥ 0.8, and a slope that a clock can tell. 1 MB is 10^6 bytes.
 */
export const payload: InsightRule = {
  kind: 'payload',
  look({ view }) {
    if (!mayHaveSizes(view)) return undefined;
    const samples = heaviest(view);
    if (samples.length === 0) return undefined;
    const times = samples.map((sample) => duration(view, sample.row) / 1e6);
    const x = samples.map((sample) => sample.bytes);
    const bytes = [...new Set(x)].sort((a, b) => a - b);
    const fit = leastSquares(x, times);
    // Below what evidence shows it is nothing, not a negative zero.
    const msPerMb = Math.abs(fit.slope * 1e6) < 0.001 ? 0 : fit.slope * 1e6;
    const slowest = samples.reduce((a, b) => (duration(view, b.row) > duration(view, a.row) ? b : a));
    const evidence = [
      count('calls', samples.length),
      count('sizes', bytes.length),
      { name: 'total_bytes', value: total(samples), unit: 'bytes' },
      ratio('r_squared', fit.rSquared),
      ms('ms_per_mb', msPerMb * 1e6),
      { name: 'slowest_bytes', value: slowest.bytes, unit: 'bytes' },
    ];
    const why = objection(samples, times, bytes, fit);
    const name = view.strings[view.callee[slowest.row]];
    const e = reader(evidence);
    const share = (fit.slope * e('total_bytes')) / times.reduce((sum, each) => sum + each, 0);
    const bound = share >= BOUND_SHARE;
    const fits = `R² ${e('r_squared').toFixed(2)} over ${e('calls')} answers of ${e('sizes')} sizes`;
    const takes = `each MB that ${name} moves takes ${elapsed(e('ms_per_mb'))}`;
    const makes = `${percent(Math.min(1, share))} of its time`;
    return makeInsight(view, samples[0].row, {
      kind: 'payload',
      found: why === undefined,
      answer:
        why !== undefined
          ? `Not payload-bound: ${why}.`
          : bound
            ? `Payload-bound: ${takes} (${fits}); bytes make ${makes}.`
            : `Time follows the payload (${fits}): ${takes}, though bytes make only ${makes}.`,
      evidence,
      timeline: longest(
        samples.map((sample) =>
          entry(`${name}, ${size(sample.bytes)}`, view.start[sample.row], view.end[sample.row], 'ok'),
        ),
      ),
    });
  },
};
