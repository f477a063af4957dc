/** Times and attribute values as Jaeger and Zipkin write them. */
import { ALLOWED_ATTRIBUTES, type AllowedType } from '#schemas/otlp/allowlist-table.ts';
import type { OtlpSpan, OtlpValue } from '#schemas/otlp/write.ts';
import { JsonFault } from './json-reader.ts';

/** OTLP's times are 64-bit numbers of ns. */
const MAX_NANOS = 2n ** 64n - 1n;
/** The last whole ms of them, in µs: a number says it exactly. */
const LATEST_MICROS = 18_446_744_073_709_000;

/** µs, as a number or decimal text, in ns. Throws JsonFault. */
export function micros(json: unknown, at: string): bigint {
  const value = typeof json === 'string' && /^\d{1,20}$/.test(json) ? Number(json) : json;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new JsonFault(at, 'must be a number of microseconds');
  if (value < 0) throw new JsonFault(at, 'must not be negative');
  if (value > LATEST_MICROS) throw new JsonFault(at, 'is too large for microseconds: is it in nanoseconds?');
  const whole = Math.floor(value);
  return BigInt(whole) * 1000n + BigInt(Math.round((value - whole) * 1000));
}

type Times = Required<Pick<OtlpSpan, 'startTimeUnixNano' | 'endTimeUnixNano'>>;

/** A span's times, in ns, where OTLP can say them: 0 stands for none, and what is too large would wrap. Throws JsonFault. */
export function timesOf(start: bigint, end: bigint, startAt: string, endAt: string): Times {
  if (start === 0n) throw new JsonFault(startAt, 'is 0: a span has a start');
  if (end > MAX_NANOS) throw new JsonFault(endAt, 'ends later than nanoseconds of 64 bits can say');
  return { startTimeUnixNano: start, endTimeUnixNano: end };
}

const TYPES = new Map<string, AllowedType>(ALLOWED_ATTRIBUTES.map(({ key, type }) => [key, type]));
const PREFIXES = ALLOWED_ATTRIBUTES.filter(({ key }) => key.endsWith('.*')).map(({ key, type }) => ({
  prefix: key.slice(0, -1),
  type,
}));

/** The type that the semantic conventions give a key; undefined for one that ATI does not read. */
function typeOf(key: string): AllowedType | undefined {
  return TYPES.get(key) ?? PREFIXES.find(({ prefix }) => key.startsWith(prefix))?.type;
}

/**
 * Tags of Zipkin are all text, and arrays are text in both: where the conventions make a key a number, a boolean or an
 * array, its text is read as one.
 */
export function fromText(key: string, text: string): OtlpValue {
  const type = typeOf(key);
  if (type === 'number' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (type === 'number[]' || type === 'string[]') {
    const element = type === 'number[]' ? 'number' : 'string';
    const array = arrayOf(text);
    if (array?.every((each) => typeof each === element)) return array as OtlpValue;
  }
  return text;
}

function arrayOf(text: string): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
