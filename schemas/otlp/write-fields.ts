/** What the writers of all signals share: values, attributes, and the groups by resource and scope. */
import { AnyValue as Any, ENVELOPE, KeyValue, Resource, Scope, VALUES } from './fields.ts';
import { ProtoWriter } from './proto-writer.ts';

/** An id: raw bytes, or hex. */
export type Id = Uint8Array | string;

/** Plain values choose their own type (a safe integer is an int, any other number a double); objects name it. */
export type OtlpValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | null
  | readonly OtlpValue[]
  | { readonly double: number }
  | { readonly kvlist: OtlpAttributes };

/** Pairs allow what an object cannot: repeated keys. */
export type OtlpAttributes = Readonly<Record<string, OtlpValue>> | readonly (readonly [string, OtlpValue])[];

const idBytes = (id: Id): Uint8Array => (typeof id === 'string' ? Buffer.from(id, 'hex') : id);

/** The fields of an AnyValue; none for null. Whole numbers are ints, others doubles. */
export function writeValue(w: ProtoWriter, value: OtlpValue): void {
  if (value === null) return;
  if (typeof value === 'string') w.string(Any.string, value);
  else if (typeof value === 'boolean') w.varint(Any.bool, value ? 1 : 0);
  else if (typeof value === 'bigint' || Number.isSafeInteger(value))
    w.varint(Any.int, value as number | bigint);
  else if (typeof value === 'number') w.double(Any.double, value);
  else if (value instanceof Uint8Array) w.bytes(Any.bytes, value);
  else if ('double' in value) w.double(Any.double, value.double);
  else if ('kvlist' in value) w.message(Any.kvlist, () => writeAttributes(w, VALUES, value.kvlist));
  else {
    w.message(Any.array, () => {
      for (const item of value) w.message(VALUES, () => writeValue(w, item));
    });
  }
}

/** A KeyValue with this tag for each. */
export function writeAttributes(w: ProtoWriter, tag: number, attributes: OtlpAttributes | undefined): void {
  if (attributes === undefined) return;
  const pairs = Array.isArray(attributes) ? attributes : Object.entries(attributes);
  for (const [key, value] of pairs as readonly (readonly [string, OtlpValue])[]) {
    w.message(tag, () => {
      if (key !== '') w.string(KeyValue.key, key);
      w.message(KeyValue.value, () => writeValue(w, value));
    });
  }
}

/** Left out where it is empty, as proto3 has it; so are ids, counts and times. */
export function writeText(w: ProtoWriter, tag: number, value: string | undefined): void {
  if (value !== undefined && value !== '') w.string(tag, value);
}
export function writeId(w: ProtoWriter, tag: number, id: Id | undefined): void {
  if (id !== undefined && id.length > 0) w.bytes(tag, idBytes(id));
}
export function writeCount(w: ProtoWriter, tag: number, value: number | undefined): void {
  if (value !== undefined && value !== 0) w.varint(tag, value);
}
export function writeTime(w: ProtoWriter, tag: number, value: bigint | undefined): void {
  if (value !== undefined && value !== 0n) w.fixed64(tag, value);
}

export interface OtlpResource {
  attributes?: OtlpAttributes;
  droppedAttributesCount?: number;
}

export interface OtlpScope {
  name?: string;
  version?: string;
  attributes?: OtlpAttributes;
  droppedAttributesCount?: number;
}

/** A group by resource (ResourceSpans, ResourceMetrics, ResourceLogs), whatever its members are called. */
export interface OtlpGroup<Member> {
  readonly resource?: OtlpResource;
  readonly schemaUrl?: string;
  readonly scopes: readonly {
    readonly scope?: OtlpScope;
    readonly schemaUrl?: string;
    readonly members: readonly Member[];
  }[];
}

/** A TracesData, MetricsData or LogsData message (the same bytes as its export request). */
export function encodeGroups<Member>(
  groups: readonly OtlpGroup<Member>[],
  writeMember: (w: ProtoWriter, member: Member) => void,
): Uint8Array {
  const w = new ProtoWriter();
  for (const { resource, scopes, schemaUrl } of groups) {
    w.message(ENVELOPE.resources, () => {
      if (resource !== undefined) {
        w.message(ENVELOPE.resource, () => {
          writeAttributes(w, Resource.attributes, resource.attributes);
          writeCount(w, Resource.droppedAttributesCount, resource.droppedAttributesCount);
        });
      }
      for (const each of scopes) {
        w.message(ENVELOPE.scopes, () => {
          if (each.scope !== undefined) writeScope(w, each.scope);
          for (const member of each.members) w.message(ENVELOPE.members, () => writeMember(w, member));
          writeText(w, ENVELOPE.schemaUrl, each.schemaUrl);
        });
      }
      writeText(w, ENVELOPE.schemaUrl, schemaUrl);
    });
  }
  return w.finish();
}

function writeScope(w: ProtoWriter, scope: OtlpScope): void {
  w.message(ENVELOPE.scope, () => {
    writeText(w, Scope.name, scope.name);
    writeText(w, Scope.version, scope.version);
    writeAttributes(w, Scope.attributes, scope.attributes);
    writeCount(w, Scope.droppedAttributesCount, scope.droppedAttributesCount);
  });
}
