import type { Played } from './workflow.ts';

/** Latencies and errors of one scenario, or of all. */
export interface Line {
  readonly scenario: string;
  readonly runs: number;
  readonly errors: number;
  /** Milliseconds, of the runs that ended well; undefined where none did. */
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly max?: number;
}

/** The value below which a share of the sorted values lies (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

function lineOf(scenario: string, played: readonly Played[]): Line {
  const good = played.filter(({ error }) => error === undefined);
  const sorted = good.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  // To a tenth: what is below it is the client's own.
  const at = (share: number) => {
    const value = percentile(sorted, share);
    return value === undefined ? undefined : Math.round(value * 10) / 10;
  };
  return {
    scenario,
    runs: played.length,
    errors: played.length - good.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}

/** A line for each scenario, by name, and one for all. */
export function summarise(played: readonly Played[]): Line[] {
  const by = Map.groupBy(played, ({ scenario }) => scenario);
  const lines = [...by].sort(([a], [b]) => (a < b ? -1 : 1)).map(([scenario, of]) => lineOf(scenario, of));
  return [...lines, lineOf('all', played)];
}

/** How often each error came, the most frequent first. */
export function errorsOf(played: readonly Played[]): [error: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { error } of played) if (error !== undefined) counts.set(error, (counts.get(error) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
