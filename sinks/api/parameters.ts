/** Query parameters that several routes share. */
import { z } from 'zod';
import { SEVERITIES } from '#schemas/events.ts';

/** Greatest unix ms of a DateTime64(9), in 2262. */
const MAX_MS = 9_223_372_036_854;

/** With its zone: Date.parse would read others as local time, and much that is no time at all. */
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Date.parse takes the 31st of every month, as a day of the next. */
function isDay(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function msOf(given: string | number): number {
  if (typeof given === 'number') return Number.isInteger(given) ? given : Number.NaN;
  if (/^\d{1,13}$/.test(given)) return Number(given);
  return ISO.test(given) && isDay(given) ? Date.parse(given) : Number.NaN;
}

function toMs(given: string | number, context: z.RefinementCtx): number {
  const ms = msOf(given);
  if (ms >= 0 && ms <= MAX_MS) return ms;
  context.addIssue({ code: 'custom', message: 'must be an ISO 8601 time or unix milliseconds' });
  return z.NEVER;
}

/** A time as ISO 8601 or unix milliseconds; unix milliseconds afterwards. */
export const time = z.string().transform(toMs).describe('ISO 8601 or unix milliseconds');

/** The same in JSON, where unix milliseconds may be a number. */
export const jsonTime = z
  .union([z.string(), z.number()], { error: 'must be an ISO 8601 time or unix milliseconds' })
  .transform(toMs)
  .describe('ISO 8601 or unix milliseconds');

const NOT_WHOLE = 'must be a whole number';

/** A whole number from `min` to `max`. */
export const wholeNumber = (min: number, max: number) =>
  z.coerce.number({ error: NOT_WHOLE }).int(NOT_WHOLE).min(min).max(max);

export const name = z.string().min(1).max(1000);

export const traceId = z
  .string()
  .regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hex digits')
  .transform((id) => id.toLowerCase());

export const incidentId = z
  .string()
  .regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hex digits')
  .transform((id) => id.toLowerCase());

/** The name of a detector, as findings bear it. */
export const kind = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a kind of finding, for example fanout_collapse')
  .describe('what was found: fanout_collapse, retry_storm, blocking_chain, starvation');
export const severity = z.enum(SEVERITIES).describe('how bad it is now');

/** `true` or `false`, nothing else. */
export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

export const paging = {
  limit: wholeNumber(1, 500).default(50).describe('at most so many on a page'),
  cursor: z.string().min(1).max(500).optional().describe('`next` of the page before'),
};

/** Of an answer with a page. */
export const nextPage = z
  .string()
  .nullable()
  .describe('the `cursor` of the next page; null: this is the last');

export const range = {
  from: time.optional().describe('inclusive; ISO 8601 or unix milliseconds'),
  to: time.optional().describe('exclusive; ISO 8601 or unix milliseconds'),
};

/** 64-bit integers: a number where that is exact, else its decimal string. */
export const int64 = z.union([z.number(), z.string()]);

/** A 64-bit integer of ClickHouse: a number where that is exact, else its digits. */
export function int64Of(text: string | number): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : String(text);
}
