export interface RelativeTimes {
  /** The earliest believable start. */
  readonly startUnixNano: bigint;
  /** ns from it, by position in `rows`. */
  readonly start: Float64Array;
  /** Never before `start`. */
  readonly end: Float64Array;
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
