/** Which target has how long, and which go one after the other. */
import type { Registered } from './targets/registry.ts';

export interface Turn extends Registered {
  readonly seconds: number;
}

/** `jobs` lanes of about `seconds` each, the longest turns first. */
export function schedule(all: readonly Registered[], jobs: number, seconds: number): Turn[][] {
  const lanes = Math.min(jobs, all.length);
  const shares = all.reduce((sum, { target }) => sum + (target.share ?? 1), 0);
  const turns = all
    .map((each) => ({ ...each, seconds: ((each.target.share ?? 1) / shares) * seconds * lanes }))
    .sort((a, b) => b.seconds - a.seconds);
  const planned: Turn[][] = Array.from({ length: lanes }, () => []);
  const length = (lane: readonly Turn[]) => lane.reduce((sum, turn) => sum + turn.seconds, 0);
  for (const turn of turns) planned.reduce((a, b) => (length(b) < length(a) ? b : a)).push(turn);
  return planned;
}
