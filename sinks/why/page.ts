/** Why many traces are slow, as lines for a terminal. */
import { elapsed, number } from '#infra/format.ts';
import { clean, wrap } from '../explain/text.ts';
import type { View } from '../explain/view.ts';
import type { Attribution, Why } from './api.ts';
import { causeLines, failureLines, otherLines } from './causes.ts';
import type { Options } from './options.ts';
import { rootLines } from './others.ts';
import { pathLines } from './path.ts';

/** Other root operations that are named. */
const OTHERS = 4;

function ruleOf({ slow, thresholdMs, baselineFrom, set, baseline }: Attribution): string {
  if (slow === 'failing') return 'those with an error';
  if (slow === 'all') return 'all traces';
  if (thresholdMs === null) return `those above ${slow} of the baseline, which has no trace`;
  const of = baselineFrom === null ? `these ${number(set.traces + baseline.traces)} traces` : 'the baseline';
  return `those of ${elapsed(thresholdMs)} or longer${slow.startsWith('p') ? ` (${slow} of ${of})` : ''}`;
}

/** The answer, then what was asked. */
function head(found: Attribution, notes: readonly string[], { width, colours }: View): string[] {
  const { root, from, to, baselineFrom, baselineTo, refused } = found;
  const name = root === null ? '' : `${root.agent} / ${root.operation} (${root.service})`;
  const title = refused === '' ? `Why ${name} is slow: ${found.summary}` : name;
  const baseline =
    baselineFrom === null || baselineTo === null
      ? 'the others'
      : `traces of ${baselineFrom} to ${baselineTo}`;
  const asked = `${from} to ${to}: ${ruleOf(found)}, against ${baseline}; waits for a person left out`;
  return [
    ...wrap(clean(title), width).map(colours.bold),
    ...wrap(asked, width).map(colours.dim),
    ...notes.flatMap((note) => wrap(clean(note), width)).map(colours.dim),
  ];
}

/** Roots that this is not about, as commands. */
function otherRoots({ root, others }: Attribution, asked: Asked, { colours }: View): string[] {
  if (root === null || others.length === 0) return [];
  return [
    colours.bold('Not about'),
    ...rootLines(others, [root, ...others], { given: asked.root, words: asked.words, most: OTHERS }),
  ];
}

/** Names and other options of the question. */
type Asked = Pick<Options, 'root' | 'words'>;

export function page(
  { criticalPath, attribution, notes }: Omit<Why, 'text'>,
  asked: Asked,
  view: View,
): string[] {
  const sections = [
    head(attribution, notes, view),
    pathLines(criticalPath, view),
    failureLines(attribution, view),
    causeLines(attribution, view),
    otherLines(attribution, view),
    otherRoots(attribution, asked, view),
  ].filter((lines) => lines.length > 0);
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
