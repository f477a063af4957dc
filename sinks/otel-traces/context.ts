/** The columns that all spans of one resource or scope share, written once. */
import { KeyValue, Resource, ResourceSpans, Scope, ScopeSpans } from '#schemas/otlp/fields.ts';
import { lengthEnd, next, skip, tag } from '#schemas/otlp/wire.ts';
import type { RowBuffer } from '../rowbinary/buffer.ts';
import { writeAnyValue } from './any-value.ts';
import { writeAttributeMap } from './attribute-map.ts';
import { findLast, valueFrom, valueTo } from './last-field.ts';

const SERVICE_NAME = Buffer.from('service.name');

/** ServiceName and ResourceAttributes of the ResourceSpans message b[from, end) into `into`. */
export function readResource(into: RowBuffer, b: Uint8Array, from: number, end: number): void {
  into.length = 0;
  findLast(b, from, end, ResourceSpans.resource);
  const resource = valueFrom;
  const resourceEnd = valueTo;
  writeServiceName(into, b, resource, resourceEnd);
  writeAttributeMap(into, b, resource, resourceEnd, Resource.attributes);
}

/** The resource's service.name as a String; empty without one. */
export function writeServiceName(into: RowBuffer, b: Uint8Array, from: number, end: number): void {
  for (let p = from; p < end; ) {
    const field = tag(b, p, end);
    const start = next;
    p = skip(b, start, end, field);
    if (field !== Resource.attributes) continue;
    lengthEnd(b, start, end);
    const pair = next;
    findLast(b, pair, p, KeyValue.key);
    if (SERVICE_NAME.compare(b, valueFrom, valueTo) !== 0) continue;
    findLast(b, pair, p, KeyValue.value);
    writeAnyValue(into, b, valueFrom, valueTo);
    return;
  }
  into.uint8(0);
}

/** ScopeName and ScopeVersion of the ScopeSpans message b[from, end) into `into`. */
export function readScope(into: RowBuffer, b: Uint8Array, from: number, end: number): void {
  into.length = 0;
  findLast(b, from, end, ScopeSpans.scope);
  const scope = valueFrom;
  const scopeEnd = valueTo;
  findLast(b, scope, scopeEnd, Scope.name);
  into.string(b, valueFrom, valueTo);
  findLast(b, scope, scopeEnd, Scope.version);
  into.string(b, valueFrom, valueTo);
}
