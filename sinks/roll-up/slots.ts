/** The slots of ati_operations: twelve minutes of spans' starts, from 1970 on. Hours and days have whole ones. */

export const SLOT_SECONDS = 720;
export const SLOT_MS = SLOT_SECONDS * 1_000;

/** SQL: the start (unix seconds) of the slot of a span, as migration 0017 marks it. */
export const SLOT_OF_SPAN = `intDiv(toUnixTimestamp64Milli(CAST(Timestamp, 'DateTime64(3)')), ${SLOT_MS}) * ${SLOT_SECONDS}`;

/** A span of time, unix ms; `to` is not in it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Stretches that a statement has conditions for: its parameters have to fit into a URL. */
export const MAX_STRETCHES = 24;

/**
 * What of a range is to be taken from slots, given the starts (unix seconds, rising) of those that are rolled up, and what
 * else has to be read: together exactly the range. Of too many stretches the shortest count as not rolled up.
 */
export function divide(
  range: Stretch,
  slots: readonly number[],
): { readonly rolledUp: readonly Stretch[]; readonly others: readonly Stretch[] } {
  const runs: { from: number; to: number }[] = [];
  for (const slot of slots) {
    const [from, to] = [slot * 1_000, slot * 1_000 + SLOT_MS];
    if (from < range.from || to > range.to) continue;
    const last = runs.at(-1);
    if (last?.to === from) last.to = to;
    else runs.push({ from, to });
  }
  const length = ({ from, to }: Stretch) => to - from;
  const rolledUp = runs
    .toSorted((a, b) => length(b) - length(a))
    .slice(0, MAX_STRETCHES)
    .toSorted((a, b) => a.from - b.from);
  const others: Stretch[] = [];
  let at = range.from;
  for (const { from, to } of [...rolledUp, { from: range.to, to: range.to }]) {
    if (from > at) others.push({ from: at, to: from });
    at = to;
  }
  return { rolledUp, others };
}
