/**
 * What metrics and logs share: their records stand in groups by resource and scope, with the same field numbers, and
 * the columns of a group are written once for all of its records.
 */
import { ENVELOPE, Scope } from '#schemas/otlp/fields.ts';
import { next, skip, tag, varint } from '#schemas/otlp/wire.ts';
import { writeAttributeMap } from '../otel-traces/attribute-map.ts';
import { readResource, readScope } from '../otel-traces/context.ts';
import { findLast, valueFrom, valueTo } from '../otel-traces/last-field.ts';
import { RowBuffer } from '../rowbinary/buffer.ts';

/** Of `Envelope.columns`, in the order of its bytes. */
export const ENVELOPE_COLUMNS = [
  'ServiceName',
  'ResourceAttributes',
  'ResourceSchemaUrl',
  'ScopeName',
  'ScopeVersion',
  'ScopeAttributes',
  'ScopeSchemaUrl',
] as const;

/** The resource and scope of the record that is being visited. */
export class Envelope {
  /** As RowBinary. */
  readonly columns = new RowBuffer(4096);
  scopeDroppedAttributes = 0;
}

const resource = new RowBuffer(4096);
const scope = new RowBuffer(1024);

type Visit = (b: Uint8Array, from: number, end: number) => void;

/** Visits every member (Metric, LogRecord) of a MetricsData or LogsData message, in order. Throws WireFault. */
export function eachMember(b: Uint8Array, envelope: Envelope, visit: Visit): void {
  eachField(b, 0, b.length, ENVELOPE.resources, (_b, from, end) => {
    // First, since the resource may stand behind its records.
    readResource(resource, b, from, end);
    writeLast(resource, b, from, end, ENVELOPE.schemaUrl);
    eachField(b, from, end, ENVELOPE.scopes, (_b, scopeFrom, scopeEnd) => {
      readEnvelope(envelope, b, scopeFrom, scopeEnd);
      eachField(b, scopeFrom, scopeEnd, ENVELOPE.members, visit);
    });
  });
}

function readEnvelope(envelope: Envelope, b: Uint8Array, from: number, end: number): void {
  readScope(scope, b, from, end);
  findLast(b, from, end, ENVELOPE.scope);
  const scopeFrom = valueFrom;
  const scopeEnd = valueTo;
  writeAttributeMap(scope, b, scopeFrom, scopeEnd, Scope.attributes);
  writeLast(scope, b, from, end, ENVELOPE.schemaUrl);
  envelope.scopeDroppedAttributes = lastVarint(b, scopeFrom, scopeEnd, Scope.droppedAttributesCount);
  envelope.columns.length = 0;
  envelope.columns.raw(resource.view(), 0, resource.length);
  envelope.columns.raw(scope.view(), 0, scope.length);
}

/** Visits the length-delimited fields `wanted` of the message b[from, end): `skip` leaves where their bytes begin. */
export function eachField(b: Uint8Array, from: number, end: number, wanted: number, visit: Visit): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    p = skip(b, next, end, field);
    if (field === wanted) visit(b, next, p);
  }
}

/** Writes the last field `wanted` of the message b[from, end) as a String. */
export function writeLast(out: RowBuffer, b: Uint8Array, from: number, end: number, wanted: number): void {
  findLast(b, from, end, wanted);
  out.string(b, valueFrom, valueTo);
}

/** The last field `wanted` (a varint) of the message b[from, end), or 0. */
export function lastVarint(b: Uint8Array, from: number, end: number, wanted: number): number {
  let value = 0;
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field === wanted) value = varint(b, start, end);
  }
  return value;
}
