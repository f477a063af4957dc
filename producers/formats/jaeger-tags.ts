/** Jaeger's tags: typed key-values, of which some say what OTLP has fields for. */

import type { OtlpSpan, OtlpValue } from '#schemas/otlp/write.ts';
import { JsonFault, type JsonReader } from './json-reader.ts';
import { fromText } from './values.ts';

export type Tag = readonly [key: string, value: OtlpValue];

/** The tags under `key`. Throws JsonFault. */
export function jaegerTags(read: JsonReader, from: Record<string, unknown>, key: string, at: string): Tag[] {
  return read.list(from, key, at, (item, place): Tag => {
    const tag = read.object(item, place);
    const name = read.text(tag, 'key', place);
    if (name === undefined) throw new JsonFault(`${place}.key`, 'is missing: expected text');
    return [name, anyValue(name, read.text(tag, 'type', place), tag.value, `${place}.value`)];
  });
}

/** By its declared type; JSON carries some int64 and bool as text. */
function anyValue(key: string, type: string | undefined, value: unknown, at: string): OtlpValue {
  if (value === undefined || value === null) return null;
  if (type === 'bool' && (value === true || value === false)) return value;
  if (type === 'bool' && (value === 'true' || value === 'false')) return value === 'true';
  if (type === 'int64' && typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return integer(value);
  if (type === 'float64' && typeof value === 'number') return { double: value };
  if (
    type === 'float64' &&
    typeof value === 'string' &&
    value.trim() !== '' &&
    Number.isFinite(Number(value))
  )
    return { double: Number(value) };
  if (type === 'binary' && typeof value === 'string') return Buffer.from(value, 'base64');
  if (typeof value === 'string') return fromText(key, value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  throw new JsonFault(
    at,
    `must be ${type === undefined ? 'text, a number, true or false' : `of type ${type}`}`,
  );
}

function integer(text: string): OtlpValue {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, BigInt(text));
}

const KINDS: Readonly<Record<string, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};
/** Tags that say how the span was carried, or what has a field of its own. */
const FIELDS = new Set([
  'span.kind',
  'error',
  'otel.status_code',
  'otel.status_description',
  'otel.library.name',
  'otel.library.version',
  'otel.scope.name',
  'otel.scope.version',
  'internal.span.format',
  'w3c.tracestate',
]);

/** Kind, status and attributes of a span with these tags. */
export function spanOfTags(tags: readonly Tag[]): Pick<OtlpSpan, 'kind' | 'status' | 'attributes'> {
  const find = (wanted: string) => tags.find(([key]) => key === wanted)?.[1];
  const kind = find('span.kind');
  const code = find('otel.status_code');
  const error = find('error');
  const failed =
    code === 'ERROR' ||
    (code !== 'OK' && error !== undefined && error !== false && error !== null && error !== '');
  const message = find('otel.status_description');
  return {
    kind: typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : 0,
    status: {
      code: failed ? 2 : code === 'OK' ? 1 : 0,
      ...(typeof message === 'string' ? { message } : {}),
    },
    attributes: tags.filter(([key]) => !FIELDS.has(key)),
  };
}
