/**
 * Zipkin v1 JSON: what happened are annotations (cs, cr: client send, receive; sr, ss: server receive, send; ms, mr:
 * message send, receive), tags are binary annotations, and who recorded each is its endpoint. One v1 span may hold the
 * client's and the server's half of a call: it becomes two spans of the same id.
 * https://zipkin.io/zipkin-api/zipkin-api.yaml (v1), https://github.com/openzipkin/zipkin-api/blob/master/thrift/zipkinCore.thrift
 */

import type { OtlpEvent, OtlpSpan, OtlpValue } from '#schemas/otlp/write.ts';
import type { Collected } from './collected.ts';
import { JsonFault, type JsonReader } from './json-reader.ts';
import { fromText, micros, timesOf } from './values.ts';
import {
  idsOf,
  type Json,
  join,
  missing,
  readZipkin,
  serviceOf,
  statusOf,
  type ZipkinSpan,
} from './zipkin.ts';

export function readZipkinV1(json: unknown, into: Collected): void {
  readZipkin(json, into, spansOf);
}

interface Annotation {
  readonly time: bigint;
  readonly value: string;
  readonly service: string;
}

interface Tag {
  readonly pair: [string, OtlpValue];
  readonly service: string;
}

/** Halves of a call, by the annotations that begin and end them. OTLP SpanKind. */
const HALVES = [
  { kind: 3, begin: 'cs', end: 'cr' },
  { kind: 2, begin: 'sr', end: 'ss' },
  { kind: 4, begin: 'ms', end: '' },
  { kind: 5, begin: 'mr', end: '' },
] as const;
const CORE = new Set(['cs', 'cr', 'sr', 'ss', 'ms', 'mr']);
/** Binary annotations that say where a span went to (client, server, message address) or that it was local. */
const ADDRESSES = new Set(['ca', 'sa', 'ma']);
const LOCAL = 'lc';

interface Half {
  readonly kind: number;
  readonly service: string;
  readonly start: bigint;
  readonly end: bigint | undefined;
}

function spansOf(read: JsonReader, from: Json, at: string, into: Collected): readonly ZipkinSpan[] {
  const ids = idsOf(from, at, into);
  const name = read.text(from, 'name', at);
  // Zipkin's 0 is no timestamp: the annotations may have one.
  const start = read.optional(from, 'timestamp', at, micros) || undefined;
  const lasted = read.optional(from, 'duration', at, micros);
  const annotations = read.list(from, 'annotations', at, (item, place) => annotation(read, item, place));
  const tags = read.list(from, 'binaryAnnotations', at, (item, place) => binary(read, item, place));
  const halves = halvesOf(annotations, start, lasted);
  if (halves.length === 0) {
    const first = start ?? annotations[0]?.time;
    if (first === undefined) throw missing(join(at, 'timestamp'), 'a number of microseconds, or annotations');
    halves.push({
      kind: 1,
      service: ownerOf(annotations, tags),
      start: first,
      end: lasted === undefined ? undefined : first + lasted,
    });
  }
  const made = halves.map((half, i): ZipkinSpan => {
    // What another service recorded is its half's; what nobody here recorded is the first's.
    const own = (service: string) =>
      service === half.service || (i === 0 && !halves.some((each) => each.service === service));
    const attributes = tags.filter(({ service }) => own(service)).map(({ pair }) => pair);
    const peer = tags.find(({ pair: [key] }) => ADDRESSES.has(key))?.service ?? '';
    const plain = attributes.filter(([key]) => !ADDRESSES.has(key) && key !== LOCAL);
    const span: OtlpSpan = {
      ...ids,
      name,
      kind: half.kind,
      ...timesOf(half.start, half.end ?? half.start, join(at, 'timestamp'), join(at, 'duration')),
      attributes: peer === '' ? plain : [...plain, ['peer.service', peer]],
      events: annotations.filter(({ value, service }) => !CORE.has(value) && own(service)).map(eventOf),
      status: statusOf(plain),
    };
    return { service: half.service, span };
  });
  for (const { end } of halves) if (end === undefined) into.note('spans without a duration: read as moments');
  return made;
}

/** The first half is whose recorder gave the span its own timestamp and duration. */
function halvesOf(
  annotations: readonly Annotation[],
  start: bigint | undefined,
  lasted: bigint | undefined,
): Half[] {
  const halves: Half[] = [];
  for (const { kind, begin, end } of HALVES) {
    const begun = annotations.find(({ value }) => value === begin);
    const ended = annotations.find(({ value }) => value === end);
    const either = begun ?? ended;
    if (either === undefined) continue;
    const first = halves.length === 0;
    const from = (first ? start : undefined) ?? either.time;
    const to = first && lasted !== undefined ? from + lasted : ended?.time;
    halves.push({ kind, service: either.service, start: from, end: to });
  }
  return halves;
}

/** Who recorded a span without halves: its local component, else whoever is named first. */
function ownerOf(annotations: readonly Annotation[], tags: readonly Tag[]): string {
  const local = tags.find(({ pair: [key] }) => key === LOCAL);
  const named = [...annotations, ...tags.filter(({ pair: [key] }) => !ADDRESSES.has(key))];
  return local?.service || (named.find(({ service }) => service !== '')?.service ?? '');
}

function annotation(read: JsonReader, json: unknown, at: string): Annotation {
  const from = read.object(json, at);
  const value = read.text(from, 'value', at);
  if (value === undefined) throw missing(`${at}.value`, 'text');
  return {
    time: micros(from.timestamp, `${at}.timestamp`),
    value,
    service: serviceOf(read, from, 'endpoint', at),
  };
}

function binary(read: JsonReader, json: unknown, at: string): Tag {
  const from = read.object(json, at);
  const key = read.text(from, 'key', at);
  if (key === undefined) throw missing(`${at}.key`, 'text');
  return {
    pair: [key, anyValue(key, from.value, `${at}.value`)],
    service: serviceOf(read, from, 'endpoint', at),
  };
}

function anyValue(key: string, value: unknown, at: string): OtlpValue {
  if (typeof value === 'string') return fromText(key, value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === undefined || value === null) return null;
  throw new JsonFault(at, 'must be text, a number, true or false');
}

const eventOf = ({ time, value }: Annotation): OtlpEvent => ({ timeUnixNano: time, name: value });
