/** What Zipkin's v1 and v2 JSON have in common: lists of spans, ids in hex, times in µs, tags of text. */

import type { OtlpAttributes, OtlpSpan } from '#schemas/otlp/write.ts';
import type { Collected } from './collected.ts';
import { Groups } from './groups.ts';
import { idOf, parentIdOf, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts';
import { JsonFault, JsonReader } from './json-reader.ts';
import { MAX_NESTING } from './nesting.ts';

export type Json = Record<string, unknown>;

/** A span with the service that recorded it; '' where it does not say. */
export interface ZipkinSpan {
  readonly service: string;
  readonly span: OtlpSpan;
}

/** Reads one span of the format; a v1 span may be a client's and a server's half. Throws JsonFault. */
export type ReadZipkinSpan = (
  read: JsonReader,
  from: Json,
  at: string,
  into: Collected,
) => readonly ZipkinSpan[];

/** A span, a list of spans, or a list of traces, which are lists of spans. Throws JsonFault. */
export function readZipkin(json: unknown, into: Collected, readSpan: ReadZipkinSpan): void {
  const read = new JsonReader(MAX_NESTING);
  const groups = new Groups();
  const one = (item: unknown, at: string) =>
    into.span(() => {
      for (const { service, span } of readSpan(read, read.object(item, at), at, into))
        groups.add(service, resourceOf(service), span);
    });
  const list = (items: readonly unknown[], at: string, depth: number) => {
    const inner = read.nest(depth, at);
    for (const [i, item] of items.entries()) {
      const place = `${at}[${i}]`;
      if (Array.isArray(item)) into.part(() => list(item, place, inner));
      else one(item, place);
    }
  };
  if (Array.isArray(json)) list(json, '', 0);
  else one(json, '');
  groups.writeTo(into);
}

const resourceOf = (service: string): OtlpAttributes => (service === '' ? [] : [['service.name', service]]);

/** The ids that both versions name alike. */
export function idsOf(
  from: Json,
  at: string,
  into: Collected,
): Pick<OtlpSpan, 'traceId' | 'spanId' | 'parentSpanId'> {
  return {
    traceId: idOf(from.traceId, join(at, 'traceId'), TRACE_ID_BYTES, into),
    spanId: idOf(from.id, join(at, 'id'), SPAN_ID_BYTES, into),
    parentSpanId: parentIdOf(from.parentId, join(at, 'parentId'), into),
  };
}

export const join = (at: string, key: string) => (at === '' ? key : `${at}.${key}`);

/** The service name of an endpoint under `key`; '' without one. */
export function serviceOf(read: JsonReader, from: Json, key: string, at: string): string {
  return (
    read.optional(from, key, at, (item, place) =>
      read.text(read.object(item, place), 'serviceName', place),
    ) ?? ''
  );
}

/** Zipkin marks a failure by a tag `error`, whatever it says; OpenTelemetry's exporters add otel.status_code. */
export function statusOf(tags: readonly (readonly [string, unknown])[]): OtlpSpan['status'] {
  const find = (wanted: string) => tags.find(([key]) => key === wanted)?.[1];
  const code = find('otel.status_code');
  const error = find('error');
  if (code === 'ERROR' || (code !== 'OK' && error !== undefined && error !== 'false' && error !== false))
    return { code: 2 };
  return code === 'OK' ? { code: 1 } : undefined;
}

export const missing = (at: string, what: string) => new JsonFault(at, `is missing: expected ${what}`);
