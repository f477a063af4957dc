/** Why many traces are slow, as lines for a terminal. */
import { elapsed, plural } from '#infra/format.ts';
import { clean, wrap } from '../explain/text.ts';
import type { View } from '../explain/view.ts';
import type { Attribution, Why } from './api.ts';
import { causeLines, failureLines, otherLines } from './causes.ts';
import { pathLines } from './path.ts';

/** Other root operations that are named. */
const OTHERS = 4;

const ruleOf = ({ slow, thresholdMs }: Attribution): string => {
  if (slow === 'failing') return 'those with an error';
  if (slow === 'all') return 'all traces';
  return `those of ${elapsed(thresholdMs ?? 0)} or longer${slow.startsWith('p') ? ` (${slow})` : ''}`;
};

/** The answer, then what was asked. */
function head(found: Attribution, { width, colours }: View): string[] {
  const { root, from, to, baselineFrom, baselineTo, refused, others } = found;
  const name = root === null ? '' : `${root.agent} / ${root.operation} (${root.service})`;
  const title = refused === '' ? `Why ${name} is slow: ${found.summary}` : name;
  const baseline =
    baselineFrom === null || baselineTo === null
      ? 'the others'
      : `traces of ${baselineFrom} to ${baselineTo}`;
  const asked = `${from} to ${to}: ${ruleOf(found)}, against ${baseline}; waits for a person left out`;
  const also = others
    .slice(0, OTHERS)
    .map(({ operation, traces }) => `${operation} (${plural(traces, 'trace')})`);
  const more = others.length > also.length ? ', …' : '';
  return [
    ...wrap(clean(title), width).map(colours.bold),
    ...wrap(asked, width).map(colours.dim),
    ...(also.length === 0
      ? []
      : wrap(clean(`Not about --operation ${also.join(', ')}${more}`), width).map(colours.dim)),
  ];
}

export function page({ criticalPath, attribution }: Why, view: View): string[] {
  const sections = [
    head(attribution, view),
    pathLines(criticalPath, view),
    failureLines(attribution, view),
    causeLines(attribution, view),
    otherLines(attribution, view),
  ].filter((lines) => lines.length > 0);
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
