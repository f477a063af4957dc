/**
 * The event time, in whole ms, under which a trace that closes at `clock` enters windows.
 *
 * - In the future of the clock it becomes the clock: else it would wait in a window that no watermark reaches.
 * - Exactly at the clock, or before it, it stays, rounded down to its ms. However far in the past: what is too old to
 *   count is dropped, and counted, by the windows (`isTooOld`), so that it cannot pass for recent.
 *
 * For windows alone: what is stored keeps its times as they were sent.
 */
export function clampEventTime(eventTimeMs: number, clock: number): number {
  return Math.min(Math.floor(eventTimeMs), clock);
}
