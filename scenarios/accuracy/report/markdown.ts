/** Pieces of Markdown. Numbers never by locale: the same bytes on every machine. */
import { markdownTable } from '#infra/markdown.ts';

/** A table; every column but the first `left` ones is right-aligned. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], left = 1): string =>
  markdownTable(
    head,
    rows,
    head.map((_, i) => i >= left),
  );

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
