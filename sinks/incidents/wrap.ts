import { stripVTControlCharacters } from 'node:util';

const widthOf = (text: string) => [...stripVTControlCharacters(text)].length;

/**
 * Text broken at its spaces into lines of at most `columns` characters, those after the first behind `indent` spaces.
 * Colours count nothing. A word that is longer than a line stays whole.
 */
export function wrap(text: string, columns: number, indent: number): string {
  const lines: string[] = [];
  const margin = ' '.repeat(indent);
  let [line, ...words] = text.split(' ');
  let width = widthOf(line);
  for (const word of words) {
    const length = widthOf(word);
    // Spaces in a row are empty words: they keep columns apart, but not at the start of a line.
    if (word === '' && line === margin) continue;
    if (width + 1 + length > columns) {
      lines.push(line.trimEnd());
      line = margin + word;
      width = indent + length;
    } else {
      line = line === margin && lines.length > 0 ? line + word : `${line} ${word}`;
      width = widthOf(line);
    }
  }
  return [...lines, line.trimEnd()].join('\n');
}
