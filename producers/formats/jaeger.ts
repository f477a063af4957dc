/**
 * Jaeger's JSON: what its query API and its UI's download give (`{data: [trace …]}`), one trace, or spans as its
 * Elasticsearch storage keeps them (each with its `process`). Times in µs.
 * https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go
 */

import type { OtlpAttributes, OtlpEvent, OtlpLink, OtlpSpan } from '#schemas/otlp/write.ts';
import type { Collected } from './collected.ts';
import { Groups } from './groups.ts';
import { idOf, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts';
import { jaegerTags, spanOfTags } from './jaeger-tags.ts';
import { JsonFault, JsonReader } from './json-reader.ts';
import { MAX_NESTING } from './nesting.ts';
import { micros, timesOf } from './values.ts';

type Json = Record<string, unknown>;

interface Context {
  readonly read: JsonReader;
  readonly into: Collected;
  readonly groups: Groups;
  /** By the JSON of a process, which many spans share: its resource, or why it is none. */
  readonly resources: Map<Json, Resource | JsonFault>;
}

interface Resource {
  /** The same for equal ones. */
  readonly key: string;
  readonly attributes: OtlpAttributes;
}

/** One document. Throws JsonFault where it is none of Jaeger's. */
export function readJaeger(json: unknown, into: Collected): void {
  const context = { read: new JsonReader(MAX_NESTING), into, groups: new Groups(), resources: new Map() };
  const { read, groups } = context;
  if (Array.isArray(json)) list(context, json, '');
  else {
    const from = read.object(json, '');
    if (Array.isArray(from.data)) list(context, from.data, 'data');
    else if ('data' in from) into.fault('data', 'must be an array of traces');
    if (!('data' in from) || 'spans' in from) into.part(() => trace(context, from, ''));
  }
  groups.writeTo(into);
}

function list(context: Context, traces: readonly unknown[], at: string): void {
  traces.forEach((each, i) => {
    const place = `${at}[${i}]`;
    context.into.part(() => trace(context, context.read.object(each, place), place));
  });
}

function trace(context: Context, from: Json, at: string): void {
  const { read, into } = context;
  // A span on its own.
  if (!('spans' in from)) {
    if (!('spanID' in from))
      throw new JsonFault(at === '' ? 'spans' : `${at}.spans`, 'is missing: expected an array');
    into.span(() => span(context, from, at, {}, from.traceID, 0n));
    return;
  }
  const processes = read.optional(from, 'processes', at, (item, place) => read.object(item, place)) ?? {};
  const placed = read.list(from, 'spans', at, (item, place) => ({ item, place }));
  const shift = startsAtZero(placed.map(({ item }) => item)) ? 1_000n : 0n;
  if (shift > 0n) into.note('traces whose times start at 0: read as 1 µs later');
  for (const { item, place } of placed)
    into.span(() => span(context, read.object(item, place), place, processes, from.traceID, shift));
}

/** Synthetic traces count from zero, which for OTLP means that a span has no start. */
function startsAtZero(spans: readonly unknown[]): boolean {
  return spans.some((each) => {
    const start = (each as Json | null)?.startTime;
    // Less than half a nanosecond is zero too.
    return (typeof start === 'number' || /^\d+$/.test(String(start))) && Math.abs(Number(start)) < 0.0005;
  });
}

function span(
  context: Context,
  from: Json,
  at: string,
  processes: Json,
  traceOf: unknown,
  shift: bigint,
): void {
  const { read, into, groups } = context;
  const traceId = idOf(from.traceID ?? traceOf, `${at}.traceID`, TRACE_ID_BYTES, into);
  const spanId = idOf(from.spanID, `${at}.spanID`, SPAN_ID_BYTES, into);
  const name = read.text(from, 'operationName', at);
  if (name === undefined) throw new JsonFault(`${at}.operationName`, 'is missing: expected text');
  const start = micros(from.startTime, `${at}.startTime`) + shift;
  const process = processOf(context, from, at, processes);
  const logs = read.list(from, 'logs', at, (item, place) => event(read, item, place, shift));
  const tags = jaegerTags(read, from, 'tags', at);
  const made: OtlpSpan = {
    traceId,
    spanId,
    ...references(read, from, at, traceId, into),
    name,
    ...timesOf(start, start + micros(from.duration, `${at}.duration`), `${at}.startTime`, `${at}.duration`),
    events: logs,
    ...spanOfTags(tags),
  };
  groups.add(process.key, process.attributes, made);
}

/** The process by `processID` among the trace's, or the span's own. */
function processOf({ read, resources }: Context, from: Json, at: string, processes: Json): Resource {
  const id = read.text(from, 'processID', at);
  let place = `${at}.process`;
  let process = from.process;
  if (id !== undefined && (process === undefined || process === null)) {
    if (!Object.hasOwn(processes, id))
      throw new JsonFault(`${at}.processID`, 'names no process of the trace');
    place = `processes.${id}`;
    process = processes[id];
  }
  if (process === undefined || process === null)
    throw new JsonFault(`${at}.processID`, 'is missing: expected text');
  const object = read.object(process, place);
  let found = resources.get(object);
  if (found === undefined) {
    found = resourceOf(read, object, place);
    resources.set(object, found);
  }
  if (found instanceof JsonFault) throw found;
  return found;
}

function resourceOf(read: JsonReader, process: Json, place: string): Resource | JsonFault {
  try {
    return readResource(read, process, place);
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
}

function readResource(read: JsonReader, process: Json, place: string): Resource {
  const service = read.text(process, 'serviceName', place) ?? '';
  const attributes: OtlpAttributes = [
    ['service.name', service],
    ...jaegerTags(read, process, 'tags', place).filter(([key]) => key !== 'service.name'),
  ];
  const key = JSON.stringify(attributes, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return { key, attributes };
}

/**
 * The first CHILD_OF of the same trace is the parent; every other reference is a link: what follows from a span is not
 * waited for by it.
 */
function references(
  read: JsonReader,
  from: Json,
  at: string,
  own: string,
  into: Collected,
): { parentSpanId?: string; links: OtlpLink[] } {
  let parentSpanId: string | undefined;
  const links: OtlpLink[] = [];
  read.list(from, 'references', at, (item, place) => {
    const reference = read.object(item, place);
    const type = read.text(reference, 'refType', place);
    if (type !== 'CHILD_OF' && type !== 'FOLLOWS_FROM')
      throw new JsonFault(`${place}.refType`, 'must be CHILD_OF or FOLLOWS_FROM');
    const spanId = idOf(reference.spanID, `${place}.spanID`, SPAN_ID_BYTES, into);
    const traceId = idOf(reference.traceID ?? own, `${place}.traceID`, TRACE_ID_BYTES, into);
    if (type === 'CHILD_OF' && traceId === own && parentSpanId === undefined) parentSpanId = spanId;
    else links.push({ traceId, spanId });
  });
  // Before there were references.
  if (parentSpanId === undefined && typeof from.parentSpanID === 'string' && from.parentSpanID !== '')
    parentSpanId = idOf(from.parentSpanID, `${at}.parentSpanID`, SPAN_ID_BYTES, into);
  return { ...(parentSpanId === undefined ? {} : { parentSpanId }), links };
}

/** A log: its field `event` is the name, as OpenTracing has it. */
function event(read: JsonReader, json: unknown, at: string, shift: bigint): OtlpEvent {
  const from = read.object(json, at);
  const fields = jaegerTags(read, from, 'fields', at);
  const name = fields.find(([key]) => key === 'event')?.[1];
  return {
    timeUnixNano: micros(from.timestamp, `${at}.timestamp`) + shift,
    name: typeof name === 'string' ? name : 'log',
    attributes: fields.filter(([key]) => key !== 'event'),
  };
}
