/** Numbers in text, of environment variables and of query parameters: one reason whatever is wrong with them. */
import { z } from 'zod';

/** A whole number within the bounds (inclusive); error "must be a whole number from 1 to 10". */
export function wholeNumber(least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY) {
  return numeric('whole number', least, most, Number.isSafeInteger);
}

/** A finite number within the bounds (inclusive); error "must be a number from 0 to 1". */
export function number(least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY) {
  return numeric('number', least, most, Number.isFinite);
}

function numeric(what: string, least: number, most: number, is: (value: number) => boolean) {
  const error = `must be a ${what}${bounds(least, most)}`;
  const right = (text: string) => {
    // Number('') would be 0.
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return is(value) && value >= least && value <= most;
  };
  return z.string({ error }).refine(right, { error }).transform(Number);
}

function bounds(least: number, most: number): string {
  if (Number.isFinite(least) && Number.isFinite(most)) return ` from ${least} to ${most}`;
  if (Number.isFinite(least)) return ` of at least ${least}`;
  return Number.isFinite(most) ? ` of at most ${most}` : '';
}
