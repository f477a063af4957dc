/**
 * Repeatable choices: with a seed, which tool calls fail is a function of the seed, the call and the attempt alone.
 *
 * First attempts are spread evenly (a Kronecker sequence with the golden ratio), so that even a small run has about
 * `errorRate` failures; later attempts are independent.
 */

const GOLDEN = 0.618034;

/** A number in [0, 1) from integers, by 32-bit mixing (the finaliser of MurmurHash3). */
export function unit(...parts: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

/** Does attempt `attempt` (from 0) of call `call` (from 0) fail? */
export function fails(seed: number, call: number, attempt: number, errorRate: number): boolean {
  if (attempt > 0) return unit(seed, call, attempt) < errorRate;
  const position = call * GOLDEN + unit(seed);
  return position - Math.floor(position) < errorRate;
}
