/** Attributes and their values in OTLP JSON. */
import type { OtlpAttributes, OtlpValue } from '#schemas/otlp/write.ts';
import type { JsonReader } from './json-reader.ts';

/** The KeyValues of a message, under `key`. */
export function attributes(
  read: JsonReader,
  from: Record<string, unknown>,
  at: string,
  key = 'attributes',
): OtlpAttributes {
  return read.list(from, key, at, (item, place) => keyValue(read, item, place, 0));
}

function keyValue(read: JsonReader, json: unknown, at: string, depth: number): [string, OtlpValue] {
  const pair = read.object(json, at);
  const value = read.optional(pair, 'value', at, (item, place) => anyValue(read, item, place, depth));
  return [read.text(pair, 'key', at) ?? '', value ?? null];
}

/** An AnyValue: the first of its fields that is there; null for none. */
export function anyValue(read: JsonReader, json: unknown, at: string, depth: number): OtlpValue {
  const from = read.object(json, at);
  return (
    read.text(from, 'stringValue', at) ??
    read.boolean(from, 'boolValue', at) ??
    read.int64(from, 'intValue', at) ??
    named(read.double(from, 'doubleValue', at)) ??
    read.bytes(from, 'bytesValue', at) ??
    read.optional(from, 'arrayValue', at, (item, place) => {
      const inner = read.nest(depth, place);
      return read.list(read.object(item, place), 'values', place, (value, valueAt) =>
        anyValue(read, value, valueAt, inner),
      );
    }) ??
    read.optional(from, 'kvlistValue', at, (item, place) => {
      const inner = read.nest(depth, place);
      const kvlist = read.list(read.object(item, place), 'values', place, (pair, pairAt) =>
        keyValue(read, pair, pairAt, inner),
      );
      return { kvlist };
    }) ??
    null
  );
}

/** A double that stays one when it is whole. */
const named = (double: number | undefined) => (double === undefined ? undefined : { double });
