/** Times in ns from the trace's start, as processors/trace/times.ts has them. */
import type { RelativeTimes } from './detection/trace/times.ts';
import type { Span } from './span.ts';

/** 52 days. */
const LONGEST_NS = 2n ** 52n;
const LATEST_START = 2n ** 63n - 2n ** 53n;

function clamp(ns: bigint): number {
  return ns < 0n ? 0 : Number(ns > LONGEST_NS ? LONGEST_NS : ns);
}

/** `starts`: of the spans, which are in their order. */
export function relativeTimes(spans: readonly Span[], starts: readonly bigint[]): RelativeTimes {
  let first = Math.max(
    starts.findIndex((start) => start !== 0n),
    0,
  );
  const median = starts[(first + starts.length - 1) >> 1];
  while (median - starts[first] > LONGEST_NS) first++;
  const base = starts[first];
  const start = Float64Array.from(starts, (each) => clamp(each - base));
  const end = Float64Array.from(spans, (span, i) =>
    Math.max(clamp(BigInt(span.endTimeUnixNano) - base), start[i]),
  );
  return { startUnixNano: base > LATEST_START ? LATEST_START : base, start, end };
}
