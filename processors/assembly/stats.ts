import type { FindingKind } from '#schemas/events.ts';

/** Counts of stage 1; `takeStats` reads and resets them. */
export interface AssemblyStats {
  /** Spans taken into a trace, seen before, and too late for their trace. */
  added: number;
  duplicate: number;
  late: number;
  /** Traces closed for the first time, revisions of them in all, without a root or cut short, cut short. */
  closed: number;
  revisions: number;
  partial: number;
  oversized: number;
  /** By kind. */
  findings: Partial<Record<FindingKind, number>>;
}

export function newStats(): AssemblyStats {
  return { added: 0, duplicate: 0, late: 0, closed: 0, revisions: 0, partial: 0, oversized: 0, findings: {} };
}

/** The counts so far; from now on they begin at zero again. */
export function takeStats(stats: AssemblyStats): AssemblyStats {
  const taken = { ...stats };
  Object.assign(stats, newStats());
  return taken;
}
