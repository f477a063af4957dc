/** Why no causes are named, and what to ask instead: in the words of the terminal. */
import { number } from '#infra/format.ts';
import { LEAST_TRACES, percentileFor } from '../api/attribution-rule.ts';
import { fewText } from '../attribution/sentences.ts';
import type { Attribution } from './api.ts';
import { isTooFew, tracesOf } from './instead.ts';
import type { Options } from './options.ts';
import { command, tellingNames } from './others.ts';

/** Lines, of which one may be a command. */
export function refusal(
  found: Attribution,
  { root: given, words }: Pick<Options, 'root' | 'words'>,
): string[] {
  const { root, others, set, baseline, slow, refused } = found;
  if (root === null || !isTooFew(found)) return [refused];
  const few = fewText(set.sampled, baseline.sampled);
  const traces = tracesOf(found);
  if (traces === undefined) return [few];
  if (traces < LEAST_TRACES)
    return [
      `${few} There are ${number(traces)} in all, and ${LEAST_TRACES} are needed: run more, or look further back${words.some((word) => word.startsWith('--from ')) ? '' : ' (--from 1d)'}.`,
    ];
  const better = slow.startsWith('p') ? percentileFor(traces) : undefined;
  if (better === undefined || better === slow) return [few];
  const otherWords = words.filter((word) => !word.startsWith('--slow '));
  const names = tellingNames(root, [root, ...others], given);
  const ask = command(others.length === 0 ? given : names, [`--slow ${better}`, ...otherWords]);
  return [`${few} There are ${number(traces)} in all; this leaves enough:`, `  ${ask}`];
}
