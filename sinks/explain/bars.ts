/** Bars of block characters. */

/** Cells of a bar: what is left beside the text, which is never cut for it, and at least so many. */
export const LEAST_BAR = 8;
/** Where the line has no limit. */
export const USUAL_BAR = 20;

/** Eighths of a cell, the emptiest first. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A share (0 to 1) of `width` cells, to an eighth of a cell; what is there at all shows. */
export function shareBar(share: number, width: number): string {
  const bounded = Math.max(0, Math.min(1, share));
  const eighths = Math.max(Math.round(bounded * width * 8), bounded > 0 ? 1 : 0);
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/**
 * When something was within the whole: `│   ████      │`, `width` cells between the edges. What takes less than half a
 * cell is a thin line; what lies outside the whole stands at its edge; times that are none leave it empty.
 */
export function timeBar(
  startMs: number | null,
  durationMs: number | null,
  wholeMs: number,
  width: number,
): string {
  if (startMs === null || durationMs === null || !(wholeMs > 0)) return `│${' '.repeat(width)}│`;
  const cell = (ms: number) => (Math.max(0, Math.min(wholeMs, ms)) / wholeMs) * width;
  const start = cell(startMs);
  const end = cell(startMs + durationMs);
  if (end - start < 0.5) {
    const at = Math.min(width - 1, Math.floor(start));
    return `│${' '.repeat(at)}▏${' '.repeat(width - at - 1)}│`;
  }
  const from = Math.min(width - 1, Math.round(start));
  const to = Math.max(from + 1, Math.round(end));
  return `│${' '.repeat(from)}${'█'.repeat(to - from)}${' '.repeat(width - to)}│`;
}
