/** What was read of a file, for the head of the page. */
import { plural } from '#infra/format.ts';
import { clean, wrap } from '#sinks/explain/text.ts';
import type { View } from '#sinks/explain/view.ts';
import type { ReadFile } from './files.ts';

/** Places that are told; --json has a hundred. */
const SHOWN = 10;

/** What was read of it, and what was not. */
export function fileLines({ name, reading, reason }: ReadFile, { colours, width }: View): string[] {
  if (reading === undefined) return [colours.red(clean(`${name}: ${reason}`))];
  const { formats, spans, compression, notes, skipped, faults } = reading;
  const what =
    [...formats, ...(compression === 'none' ? [] : [compression])].join(', ') || 'nothing recognised';
  const text = (first: string, rest: string) =>
    wrap(clean(rest), width - 4).map((line, i) => `  ${i === 0 ? first : ' '} ${line}`);
  const told = (place: string, why: string) => (place === '' ? why : `${place}: ${why}`);
  const uncounted = (count: number, shown: number) =>
    count > shown ? text('✗', `${count - shown} more`) : [];
  return [
    colours.dim(clean(`${name}: ${what}, ${plural(spans, 'span')}`)),
    ...faults.first
      .slice(0, SHOWN)
      .flatMap(({ place, reason: why }) => text('✗', told(place, why)).map(colours.red)),
    ...uncounted(faults.count, SHOWN).map(colours.red),
    ...(skipped.count === 0
      ? []
      : text('✗', `${plural(skipped.count, 'span')} could not be read:`).map(colours.yellow)),
    ...skipped.first
      .slice(0, SHOWN)
      .flatMap(({ place, reason: why }) => text(' ', told(place, why)).map(colours.yellow)),
    ...uncounted(skipped.count, SHOWN).map(colours.yellow),
    ...notes.flatMap((note) => text('·', note).map(colours.dim)),
  ];
}
