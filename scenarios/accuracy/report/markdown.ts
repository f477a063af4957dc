/** Pieces of Markdown. Numbers never by locale: the same bytes on every machine. */

/** A table whose columns are as wide as they must be; every column but the first `left` ones is right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => row[column].length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i < left ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i < left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** A share as `0.987`; `–` of nothing. Never rounded up to 1. */
export function shareText(part: number, of: number): string {
  if (of === 0) return '–';
  const value = part / of;
  return value < 1 && value > 0.9994 ? '0.999' : value.toFixed(3);
}

/** ms as seconds: `6.2 s`. */
export const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

export const code = (text: string) => `\`${text}\``;

const BAR = 30;

/** A bar of 30 characters, full for 1. */
export function bar(part: number, of: number): string {
  const filled = of === 0 ? 0 : Math.floor((BAR * part) / of);
  return '█'.repeat(filled) + '░'.repeat(BAR - filled);
}
