/** Text in columns of a terminal. */
import { printable } from '../incidents/line.ts';

/** Combining marks, joiners and variation selectors take no column of their own. */
const NONE = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian wide and fullwidth characters, and emoji, take two. */
const TWO =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;

const columnsOf = (character: string) => (NONE.test(character) ? 0 : TWO.test(character) ? 2 : 1);

/** Columns that a terminal shows it in. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += columnsOf(character);
  return sum;
}

/** Text of a trace: it steers neither the terminal nor the order of its line. */
export const clean = (text: string): string => printable(text);

/** The longest start of it that takes at most `width` columns. */
function prefix(text: string, width: number): string {
  let end = 0;
  let used = 0;
  for (const character of text) {
    used += columnsOf(character);
    if (used > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** At most `width` columns; what is left out shows as `…`. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  return width < 1 ? '' : `${prefix(text, width - 1).trimEnd()}…`;
}

/** Filled with spaces at the end; never cut: what is wider is wrapped before. */
export function left(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

/** Filled with spaces at the start; never cut, since numbers are not. */
export function right(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - columns(text))) + text;
}

/** Lines of at most `width` columns, broken at spaces; a word that is longer than a line is broken where the line ends. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const put = (word: string) => {
    if (line !== '' && columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (columns(line) > width) {
      // A character that is wider than the line is shown all the same.
      const taken = prefix(line, width) || [...line][0];
      lines.push(taken);
      line = line.slice(taken.length);
    }
  };
  for (const word of text.split(/\s+/)) if (word !== '') put(word);
  if (line !== '') lines.push(line);
  return lines;
}
