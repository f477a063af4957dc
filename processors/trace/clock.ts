/**
 * How far clocks can be trusted.
 *
 * OpenTelemetry's SDK for JavaScript takes a span's start from `Date.now()`, so it is rounded down to the millisecond,
 * and its end as the start plus an exactly measured duration.
 */

/** An order of moments within it means nothing where a start was rounded to the millisecond. */
export const CLOCK_NS = 1e6;

/** Whether a moment, ns after `startUnixNano`, is a whole millisecond of its clock: it was rounded, nearly surely. */
export function roundedStarts(startUnixNano: bigint): (ns: number) => boolean {
  const base = Number(startUnixNano % BigInt(CLOCK_NS));
  return (ns) => (base + ns) % CLOCK_NS === 0;
}
