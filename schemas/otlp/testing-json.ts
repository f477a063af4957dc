/** For tests: exports as OTLP JSON, with numbers and strings for 64-bit integers in turn. */
import type { OtlpAttributes, OtlpTraces, OtlpValue } from './write.ts';
import type { OtlpLogs } from './write-logs.ts';
import type { OtlpMetrics } from './write-metrics.ts';

const ATTRIBUTES = new Set(['attributes', 'filteredAttributes', 'metadata']);

/** The same export as its encoder would write; fields in the order in which the objects have them. */
export function otlpJson(input: OtlpTraces | OtlpMetrics | OtlpLogs): string {
  let turn = 0;
  const wide = (value: bigint | number): unknown => {
    const small = BigInt(value) <= 2n ** 53n && BigInt(value) >= -(2n ** 53n);
    return turn++ % 2 === 0 && small ? Number(value) : value.toString();
  };
  const float = (value: number) => (Number.isFinite(value) ? value : String(value));
  const value = (from: OtlpValue): unknown => {
    if (from === null) return {};
    if (typeof from === 'string') return { stringValue: from };
    if (typeof from === 'boolean') return { boolValue: from };
    if (typeof from === 'bigint' || typeof from === 'number') return { intValue: wide(from) };
    if (from instanceof Uint8Array) return { bytesValue: Buffer.from(from).toString('base64') };
    if ('double' in from) return { doubleValue: float(from.double) };
    if ('kvlist' in from) return { kvlistValue: { values: pairs(from.kvlist) } };
    return { arrayValue: { values: from.map(value) } };
  };
  const pairs = (attributes: OtlpAttributes) =>
    (Array.isArray(attributes) ? attributes : Object.entries(attributes)).map(([key, item]) => ({
      key,
      value: value(item),
    }));
  const field = (key: string, item: unknown): unknown => {
    if (item === undefined) return undefined;
    if (ATTRIBUTES.has(key)) return pairs(item as OtlpAttributes);
    if (key === 'body') return value(item as OtlpValue);
    if (typeof item === 'bigint') return wide(item);
    if (typeof item === 'number') return float(item);
    if (item instanceof Uint8Array) return Buffer.from(item).toString('hex');
    if (Array.isArray(item)) return item.map((each) => field('', each));
    if (typeof item === 'object' && item !== null) return message(item);
    return item;
  };
  const message = (from: object): object => ({
    futureField: { any: ['thing'] },
    ...Object.fromEntries(Object.entries(from).map(([key, item]) => [key, field(key, item)])),
  });
  return JSON.stringify(message(input));
}

/** Is it JSON to the platform's parser? */
export function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}
