/** What the JSON of all signals has in common: the body, groups by resource and scope, attributes and their values. */
import { isUtf8 } from 'node:buffer';
import { JsonFault, JsonReader } from './json-reader.ts';
import { text } from './wire.ts';
import type { OtlpAttributes, OtlpGroup, OtlpValue } from './write-fields.ts';

export type Converted = { ok: true; otlp: Uint8Array } | { ok: false; reason: string };

/** The names of a signal's lists: `resourceSpans`, `scopeSpans`, `spans`. */
export interface GroupNames {
  readonly resources: string;
  readonly scopes: string;
  readonly members: string;
}

type ReadMember<Member> = (read: JsonReader, json: unknown, at: string) => Member;

/**
 * Reads an export request in JSON and writes it as protobuf. Never throws; a reason names the place
 * (`resourceSpans[0].scopeSpans[1].spans[3].traceId: …`) and never what stood there.
 */
export function convertJson<Member>(
  body: Uint8Array,
  options: { maxNesting: number },
  names: GroupNames,
  member: ReadMember<Member>,
  encode: (groups: readonly OtlpGroup<Member>[]) => Uint8Array,
): Converted {
  if (!isUtf8(body)) return { ok: false, reason: 'body: not UTF-8' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text(body, 0, body.length));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's own message quotes the body.
    return { ok: false, reason: 'body: not JSON' };
  }
  try {
    const read = new JsonReader(options.maxNesting);
    const request = read.object(parsed, '');
    const groups = read.list(request, names.resources, '', (item, at) =>
      resourceGroup(read, item, at, names, member),
    );
    return { ok: true, otlp: encode(groups) };
  } catch (error) {
    if (error instanceof JsonFault) return { ok: false, reason: error.reason };
    throw error;
  }
}

function resourceGroup<Member>(
  read: JsonReader,
  json: unknown,
  at: string,
  names: GroupNames,
  member: ReadMember<Member>,
): OtlpGroup<Member> {
  const group = read.object(json, at);
  return {
    resource: read.optional(group, 'resource', at, (item, place) => {
      const resource = read.object(item, place);
      return {
        attributes: attributes(read, resource, place),
        droppedAttributesCount: read.uint32(resource, 'droppedAttributesCount', place),
      };
    }),
    scopes: read.list(group, names.scopes, at, (item, place) => scopeGroup(read, item, place, names, member)),
    schemaUrl: read.text(group, 'schemaUrl', at),
  };
}

function scopeGroup<Member>(
  read: JsonReader,
  json: unknown,
  at: string,
  names: GroupNames,
  member: ReadMember<Member>,
): OtlpGroup<Member>['scopes'][number] {
  const group = read.object(json, at);
  return {
    scope: read.optional(group, 'scope', at, (item, place) => {
      const scope = read.object(item, place);
      return {
        name: read.text(scope, 'name', place),
        version: read.text(scope, 'version', place),
        attributes: attributes(read, scope, place),
        droppedAttributesCount: read.uint32(scope, 'droppedAttributesCount', place),
      };
    }),
    members: read.list(group, names.members, at, (item, place) => member(read, item, place)),
    schemaUrl: read.text(group, 'schemaUrl', at),
  };
}

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
