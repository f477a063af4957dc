import type { Source } from '#schemas/events.ts';

/**
 * Positions in the one order of effects of a partition of ati.signals, as strings that sort: logical time; within it
 * what operators did in order of the log, window closings in order of their ends, the idle check, then signals in their
 * order.
 */
const time = (ms: number) => String(ms).padStart(16, '0');

/** Everything before the logical time has been applied then, and nothing of it. */
export function atAction(logicalTime: number, offset: number): string {
  return `${time(Math.max(0, logicalTime))}:-:${time(offset)}`;
}

export function atWindow(logicalTime: number, windowEnd: number): string {
  return `${time(logicalTime)}:0:${time(windowEnd)}`;
}

export function atIdleCheck(logicalTime: number): string {
  return `${time(logicalTime)}:1`;
}

export function atSignal(source: Source): string {
  const partition = String(source.partition).padStart(6, '0');
  const sequence = String(source.sequence).padStart(10, '0');
  return `${time(source.clock)}:2:${partition}:${time(source.offset)}:${sequence}`;
}
