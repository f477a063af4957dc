/** Time as a process uses it: given to what waits, so that a model can run it in virtual time. Milliseconds. */
export interface Schedule {
  /** Never goes back; since when it counts is not said. */
  now(): number;
  /** Does the work once, `ms` from now, unless the function that it gives is called before. */
  after(ms: number, work: () => void): () => void;
  /** Does the work every `ms`, until the function that it gives is called. */
  every(ms: number, work: () => void): () => void;
}

export const REAL_TIME: Schedule = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
};
