import type { SpanColumns } from '#schemas/otlp/columns.ts';
import { lentFloat64s } from './lent.ts';

const WORD = 2 ** 32;
/** 52 days in ns: no workflow lasts longer, and sums of such times stay exact integers. */
const LONGEST_NS = 2 ** 52;

/** OTLP's times are unsigned, those on the log and in ClickHouse are not: what starts after the year 2262 starts then, with room for its length. */
const LATEST_START = 2n ** 63n - 2n ** 53n;

const WORDS = new DataView(new ArrayBuffer(8));

export interface RelativeTimes {
  /** The earliest believable start. */
  readonly startUnixNano: bigint;
  /** ns from it, by position in `rows`. */
  readonly start: Float64Array;
  /** Never before `start`. */
  readonly end: Float64Array;
}

/** The time at `at` less the one at `base`, ns. */
function minus(time: Uint32Array, at: number, base: number): number {
  return (time[at + 1] - time[base + 1]) * WORD + (time[at] - time[base]);
}

function clamp(ns: number): number {
  return Math.min(Math.max(ns, 0), LONGEST_NS);
}

/**
 * Times in ns from the trace's start, exact. A start of zero (unset) or more than 52 days before the median start is
 * an error of a clock: it reads as the trace's start; a time that far after it reads as the limit.
 *
 * `rows`: rows of `c` in order of start.
 */
export function relativeTimes(c: SpanColumns, rows: Int32Array): RelativeTimes {
  const { time } = c;
  const n = rows.length;
  let first = 0;
  while (first < n && time[rows[first] * 4] === 0 && time[rows[first] * 4 + 1] === 0) first++;
  if (first === n) first = 0;
  const median = rows[(first + n - 1) >> 1] * 4;
  while (minus(time, median, rows[first] * 4) > LONGEST_NS) first++;
  const base = rows[first] * 4;
  const start = lentFloat64s(n);
  const end = lentFloat64s(n);
  for (let i = 0; i < n; i++) {
    const at = rows[i] * 4;
    start[i] = clamp(minus(time, at, base));
    end[i] = Math.max(clamp(minus(time, at + 2, base)), start[i]);
  }
  WORDS.setUint32(0, time[base + 1]);
  WORDS.setUint32(4, time[base]);
  const startUnixNano = WORDS.getBigUint64(0);
  return { startUnixNano: startUnixNano > LATEST_START ? LATEST_START : startUnixNano, start, end };
}

/** Times moved by `shift` (ns, by row), and the rows in their new order of start; `order` names them by their old number. */
export function movedTimes(
  { startUnixNano, start, end }: RelativeTimes,
  shift: Float64Array,
): { order: Int32Array; moved: RelativeTimes } {
  const starts = start.map((at, row) => at + shift[row]);
  const order = Int32Array.from(starts.keys()).sort((a, b) => starts[a] - starts[b] || a - b);
  const first = starts[order[0]];
  const moved = {
    startUnixNano: startUnixNano + BigInt(first),
    start: Float64Array.from(order, (row) => starts[row] - first),
    end: Float64Array.from(order, (row) => end[row] + shift[row] - first),
  };
  return { order, moved };
}
