/** Time as the groups see it; tests turn it by hand. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` after `ms`; the function returned prevents it. */
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};
