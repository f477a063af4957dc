/** How wide a page is. */

/** In narrower ones nothing can stand beside anything. */
const NARROWEST = 60;
/** In wider terminals text would be hard to read. */
const WIDEST = 120;

interface Output {
  readonly isTTY?: boolean;
  /** Of the terminal; 0 where it does not say. */
  readonly columns?: number;
}

/** Columns. Piped, what reads on wants whole lines: as many as COLUMNS says, else no limit (Infinity). */
export function widthOf({ isTTY, columns }: Output, COLUMNS: string | undefined): number {
  if (isTTY) return Math.max(NARROWEST, Math.min(WIDEST, columns || 80));
  const wished = /^[1-9]\d{0,5}$/.test(COLUMNS ?? '') ? Number(COLUMNS) : Number.POSITIVE_INFINITY;
  return Math.max(NARROWEST, wished);
}
