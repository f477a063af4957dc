/** Zipkin v2 JSON. https://zipkin.io/zipkin-api/#/default/post_spans */

import type { OtlpEvent, OtlpValue } from '#schemas/otlp/write.ts';
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

const KINDS: Readonly<Record<string, number>> = { SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 };

export function readZipkinV2(json: unknown, into: Collected): void {
  readZipkin(json, into, span);
}

function span(read: JsonReader, from: Json, at: string, into: Collected): readonly ZipkinSpan[] {
  const ids = idsOf(from, at, into);
  if (from.timestamp === undefined || from.timestamp === null)
    throw missing(join(at, 'timestamp'), 'a number of microseconds');
  const start = micros(from.timestamp, join(at, 'timestamp'));
  const lasted = read.optional(from, 'duration', at, micros);
  const tags = tagsOf(read, from, at);
  const peer = serviceOf(read, from, 'remoteEndpoint', at);
  const made: ZipkinSpan = {
    service: serviceOf(read, from, 'localEndpoint', at),
    span: {
      ...ids,
      name: read.text(from, 'name', at),
      kind: kindOf(read, from, at),
      ...timesOf(start, start + (lasted ?? 0n), join(at, 'timestamp'), join(at, 'duration')),
      attributes: peer === '' ? tags : [...tags, ['peer.service', peer]],
      events: read.list(from, 'annotations', at, (item, place) => event(read, item, place)),
      status: statusOf(tags),
    },
  };
  if (lasted === undefined) into.note('spans without a duration: read as moments');
  return [made];
}

function kindOf(read: JsonReader, from: Json, at: string): number {
  const kind = read.text(from, 'kind', at);
  if (kind === undefined) return 1;
  if (Object.hasOwn(KINDS, kind)) return KINDS[kind];
  throw new JsonFault(join(at, 'kind'), `must be one of ${Object.keys(KINDS).join(', ')}`);
}

function tagsOf(read: JsonReader, from: Json, at: string): [string, OtlpValue][] {
  const tags = read.optional(from, 'tags', at, (item, place) => read.object(item, place)) ?? {};
  return Object.keys(tags).map((key) => {
    const value = tags[key];
    if (typeof value === 'string') return [key, fromText(key, value)];
    if (typeof value === 'number' || typeof value === 'boolean') return [key, value];
    throw new JsonFault(`${join(at, 'tags')}.${key}`, 'must be text');
  });
}

function event(read: JsonReader, json: unknown, at: string): OtlpEvent {
  const from = read.object(json, at);
  return { timeUnixNano: micros(from.timestamp, `${at}.timestamp`), name: read.text(from, 'value', at) };
}
