/** Rows that are shares of a whole: who, where, numbers, and a bar. */
import { percent } from '#infra/format.ts';
import { LEAST_BAR, shareBar, USUAL_BAR } from './bars.ts';
import { columns, left, right, wrap } from './text.ts';
import type { View } from './view.ts';

export interface ShareRow {
  readonly name: string;
  readonly where: string;
  /** Columns between the names and the bar, the most important first; as many in each row. */
  readonly numbers: readonly string[];
  /** 0 to 1: the bar. */
  readonly share: number;
}

/** Columns that places have at least where names do not leave them room; never more than half of both. */
const WHERE = 20;
/** Names and places together have so many where they need them: the bar gives way to that. */
const TEXT = 36;
/** And so many before numbers do, the last first, but for these. */
const LEAST_TEXT = 16;
const NUMBERS = 2;

/** What is there but rounds to nothing: `<1 %`. */
export const shareOf = (share: number) => (share > 0 && share < 0.005 ? '<1 %' : percent(share)).padStart(5);

/** A line for each row, more where names are long; `head` names the columns of numbers. */
export function shareTable(
  rows: readonly ShareRow[],
  { width, colours }: Pick<View, 'width' | 'colours'>,
  head: readonly string[] = [],
): string[] {
  if (rows.length === 0) return [];
  const names = Math.max(...rows.map(({ name }) => columns(name)));
  const widestPlace = Math.max(...rows.map(({ where }) => columns(where)));
  const numberWidths = rows[0].numbers.map((_, i) =>
    Math.max(...[...rows.map(({ numbers }) => numbers[i]), head[i] ?? ''].map((text) => text.length)),
  );
  const whole = names + widestPlace;
  const roomBeside = () => width - 2 - 2 - numberWidths.reduce((sum, each) => sum + each + 2, 0);
  // First the bar becomes short, then names take a second line, then places; then there is no bar.
  const hasBar = roomBeside() - 2 - LEAST_BAR >= Math.min(TEXT, whole);
  while (numberWidths.length > NUMBERS && roomBeside() < Math.min(LEAST_TEXT, whole)) numberWidths.pop();
  const room = roomBeside() - (hasBar ? 2 : 0);
  const text = room - (hasBar ? LEAST_BAR : 0);
  const whereWidth = Math.min(widestPlace, Math.max(Math.min(WHERE, text >> 1), text - names));
  const nameWidth = Math.min(names, text - whereWidth);
  const barWidth = Number.isFinite(width) ? room - nameWidth - whereWidth : USUAL_BAR;
  const numbersOf = (texts: readonly string[]) =>
    numberWidths.map((each, i) => `  ${right(texts[i] ?? '', each)}`).join('');
  const lines = rows.flatMap(({ name, where, numbers, share }) => {
    const [first = '', ...moreNames] = wrap(name, nameWidth);
    const [place = '', ...morePlaces] = wrap(where, whereWidth);
    const more = Array.from({ length: Math.max(moreNames.length, morePlaces.length) }, (_, i) => {
      const beside = morePlaces[i] === undefined ? '' : colours.dim(morePlaces[i]);
      return `  ${left(moreNames[i] ?? '', nameWidth)}  ${beside}`.trimEnd();
    });
    const line = `  ${left(first, nameWidth)}  ${colours.dim(left(place, whereWidth))}${numbersOf(numbers)}`;
    return [hasBar ? `${line}  ${colours.cyan(shareBar(share, barWidth))}` : line.trimEnd(), ...more];
  });
  if (head.length === 0) return lines;
  return [colours.dim(`${' '.repeat(4 + nameWidth + whereWidth)}${numbersOf(head)}`), ...lines];
}
