import type { Kind, Known, Planted } from './decided.ts';

/** When a part of a session ran, unix ms. */
export interface Stretch {
  readonly startUnixMs: number;
  readonly endUnixMs: number;
}

/** Of the workflow's time, that a chain must make up (design §5: 0.8), with a margin to both sides. */
const SURELY_SERIAL = 0.85;
const SURELY_NOT = 0.75;

/**
 * What a session of several workflows plants: everything that its parts do, but for what is a share of the whole. A chain
 * must make up 0.8 of the workflow's time, and of workflows side by side only the longest is waited for.
 */
export function mixTruth(parts: readonly Known[], stretches: readonly Stretch[], beside: boolean): Known {
  const lengths = stretches.map(({ startUnixMs, endUnixMs }) => endUnixMs - startUnixMs);
  const whole =
    Math.max(...stretches.map(({ endUnixMs }) => endUnixMs)) -
    Math.min(...stretches.map(({ startUnixMs }) => startUnixMs));
  const planted: Planted[] = [];
  const undecided: Kind[] = parts.flatMap((part) => part.undecided);
  for (const [i, part] of parts.entries())
    for (const failure of part.planted) {
      const isLongest = lengths.every((length, j) => j === i || length < 0.9 * lengths[i]);
      const share = beside && !isLongest ? undefined : lengths[i] / whole;
      if (failure.kind !== 'blocking_chain' || (share !== undefined && share >= SURELY_SERIAL))
        planted.push(failure);
      else if (share === undefined || share > SURELY_NOT) undecided.push(failure);
    }
  return { planted, undecided };
}
