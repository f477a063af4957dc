/**
 * Tells failures that overload makes (and that retries therefore keep up) from those that something else broke. By the
 * HTTP status, else by the error type as libraries name it; what says neither is taken for broken, so that a failure of
 * unknown cause never counts as its own after-effect.
 */
import { ATTR } from '#schemas/semconv.ts';
import type { TraceView } from '../../trace/view.ts';

/** Request timeout, too many requests, service unavailable, gateway timeout; 529: overloaded, of model providers. */
const OVERLOAD_STATUS: ReadonlySet<number> = new Set([408, 429, 503, 504, 529]);
/** ETIMEDOUT, TimeoutError, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, RateLimitError, ThrottlingException, overloaded_error. */
const OVERLOAD_TYPE =
  /time[-_ ]?d?[-_ ]?out|deadline|exhausted|rate[-_ ]?limit|throttl|too[-_ ]?many|overload/i;

export function isOverload(status: unknown, errorType: unknown): boolean {
  if (typeof status === 'number') return OVERLOAD_STATUS.has(status);
  if (typeof errorType !== 'string') return false;
  return /^\d{3}$/.test(errorType) ? OVERLOAD_STATUS.has(Number(errorType)) : OVERLOAD_TYPE.test(errorType);
}

/** Of failed attempts, those that overload made. */
export function overloadFailures(view: TraceView, failedRows: readonly number[]): number {
  let found = 0;
  for (const row of failedRows)
    if (isOverload(view.attribute(row, ATTR.HTTP_STATUS_CODE), view.attribute(row, ATTR.ERROR_TYPE))) found++;
  return found;
}
