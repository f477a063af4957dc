/** Which format a JSON document has, by its shape. */
import { MAX_NESTING } from './nesting.ts';

export const FORMATS = ['otlp-json', 'otlp-proto', 'jaeger', 'zipkin-v2', 'zipkin-v1'] as const;
export type Format = (typeof FORMATS)[number];
export type JsonFormat = Exclude<Format, 'otlp-proto'>;

export const EXPECTED =
  'expected OTLP (resourceSpans), Jaeger (data, or spans and processes) or Zipkin (a list of spans with traceId and id)';

type Json = Record<string, unknown>;

const isObject = (json: unknown): json is Json =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
const OTLP_KEYS = ['resourceSpans', 'batches', 'resourceMetrics', 'resourceLogs'];
/** Of an error's text. */
const KEYS_SHOWN = 5;

export type Detected =
  | { readonly ok: true; readonly format: JsonFormat }
  | { readonly ok: false; readonly reason: string };

/** Never throws. The reason names the keys that stand there, not what is in them. */
export function detectJson(json: unknown): Detected {
  const format = formatOf(json);
  if (format !== undefined) return { ok: true, format };
  return { ok: false, reason: `is JSON, but no trace: ${whatIs(json)}; ${EXPECTED}` };
}

/** The format of the first object that has one, in lists of any nesting that is read. */
function formatOf(json: unknown): JsonFormat | undefined {
  let first: JsonFormat | undefined;
  for (const object of objectsIn(json, 0)) {
    const format = formatOfObject(object);
    first ??= format;
    if (first !== undefined && first !== 'zipkin-v2') return first;
    // A span of v1 may have no mark of it.
    if (format === 'zipkin-v1') return format;
  }
  return first;
}

function* objectsIn(json: unknown, depth: number): Generator<Json> {
  if (isObject(json)) yield json;
  else if (Array.isArray(json) && depth < MAX_NESTING)
    for (const item of json) {
      if (isObject(item)) yield item;
      else yield* objectsIn(item, depth + 1);
    }
}

function formatOfObject(json: Json): JsonFormat | undefined {
  if (OTLP_KEYS.some((key) => key in json)) return 'otlp-json';
  for (const envelope of [json.result, json.trace])
    if (isObject(envelope) && OTLP_KEYS.some((key) => key in envelope)) return 'otlp-json';
  if (Array.isArray(json.spans) || 'spanID' in json) return 'jaeger';
  if (
    Array.isArray(json.data) &&
    (json.data.length === 0 || json.data.some((each) => isObject(each) && 'spans' in each))
  )
    return 'jaeger';
  if (!('traceId' in json) || !('id' in json)) return undefined;
  return isV1(json) ? 'zipkin-v1' : 'zipkin-v2';
}

/** v1 has an endpoint at each annotation, v2 one for the span. */
function isV1(span: Json): boolean {
  if ('binaryAnnotations' in span) return true;
  const { annotations } = span;
  return Array.isArray(annotations) && annotations.some((each) => isObject(each) && 'endpoint' in each);
}

function whatIs(json: unknown): string {
  if (Array.isArray(json))
    return json.length === 0 ? 'an empty list' : `a list of ${json.length} that are no spans`;
  if (!isObject(json)) return json === null ? 'null' : `a ${typeof json}`;
  const keys = Object.keys(json);
  if (keys.length === 0) return 'an empty object';
  const more = keys.length > KEYS_SHOWN ? ', …' : '';
  return `an object with ${keys
    .slice(0, KEYS_SHOWN)
    .map((key) => key.slice(0, 40))
    .join(', ')}${more}`;
}
