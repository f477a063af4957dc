import type { Signal } from '#schemas/events.ts';

/** Callees that a signal names at most: the first by name. */
export const MOST_CALLEES = 50;

/**
 * True where the trace called it, or may have: a full list says nothing of the names behind its last one. For
 * `couldShow` of detectors whose signature is a callee.
 */
export function called(signature: string, { callees }: Pick<Signal, 'callees'>): boolean {
  return (
    callees.includes(signature) || (callees.length >= MOST_CALLEES && callees[callees.length - 1] < signature)
  );
}
