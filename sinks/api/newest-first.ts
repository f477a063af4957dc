/** Lists whose newest rows are wanted: as far back as it takes, and not further. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const STRETCHES_MS = [10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS];
/** What is asked in vain must be so small a part of the whole list. */
const SMALL = 8;

export interface Stretch {
  /** Where the list begins, unix ms; nothing in it is later, or it is within every stretch. */
  readonly end: number;
  /** Where it ends, unix ms; undefined: with the oldest there is. */
  readonly from: number | undefined;
}

/**
 * The rows of the first stretch that has as many as are wanted, else all. `ask` gives the newest ones since a time (unix
 * ms), or of all times. A table that is sorted by id has no end to read from, but its parts were written one after the
 * other: ClickHouse leaves those out that end before a stretch begins.
 */
export async function newestFirst<Row>(
  { end, from }: Stretch,
  wanted: number,
  ask: (since: number | undefined) => Promise<Row[]>,
): Promise<Row[]> {
  for (const length of STRETCHES_MS) {
    if (end - SMALL * length <= (from ?? 0)) break;
    const rows = await ask(end - length);
    if (rows.length >= wanted) return rows;
  }
  return ask(from);
}
