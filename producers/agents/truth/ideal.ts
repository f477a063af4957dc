/**
 * Ideal times of a run: what its parameters ask for, and nothing that chance adds. All in ms.
 */

/** A request and its answer over loopback: it counts where calls are short. */
const LOOPBACK_MS = 1;
/** No timer of Node fires sooner. */
const SHORTEST_WAIT_MS = 1;

/** Where the run's agents belong. */
export interface Mesh {
  /** AGENT_NAME; '' for none. */
  readonly agentPrefix: string;
}

export function agentOf({ agentPrefix }: Mesh, name: string): string {
  return agentPrefix === '' ? name : `${agentPrefix}-${name}`;
}

/** How long a call takes whose tool is asked to take `delayMs`. */
export const callMs = (delayMs: number): number =>
  Math.max(SHORTEST_WAIT_MS, Math.round(delayMs)) + LOOPBACK_MS;

export interface Served {
  /** When it gets a slot. */
  readonly start: number;
  readonly end: number;
}

/** Calls offered together at 0 to `slots` slots, first in first out; each takes its service time. */
export function serveInOrder(service: readonly number[], slots: number): Served[] {
  const free = new Array<number>(Math.min(slots, service.length)).fill(0);
  return service.map((time) => {
    let slot = 0;
    for (let i = 1; i < free.length; i++) if (free[i] < free[slot]) slot = i;
    const start = free[slot];
    free[slot] = start + time;
    return { start, end: free[slot] };
  });
}

export const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
export const greatest = (values: readonly number[]): number =>
  values.reduce((most, each) => Math.max(most, each), 0);

/** The q-quantile, nearest rank. */
export function quantileOf(values: readonly number[], q: number): number {
  const rising = [...values].sort((a, b) => a - b);
  return rising[Math.max(0, Math.ceil(q * rising.length) - 1)];
}
