/** What none of our programs writes, for every topic that they read. */
import type { OutgoingRecord } from '#infra/kafka/port.ts';
import type { TopicKey } from '#infra/topics.ts';
import { encode } from '#schemas/codec.ts';
import { nestedExport, poisonExport } from './requests.ts';

export interface PoisonRecord {
  readonly name: string;
  readonly record: OutgoingRecord;
}

/** Of every topic that is read, how many consumers put what they cannot read aside. */
export const READERS = {
  // The sink, and stage 1.
  spans: 2,
  telemetry: 1,
  traces: 1,
  // The sink, and stage 2.
  signals: 2,
  incidents: 1,
  // Stage 2, when it reads the states back.
  incidentState: 1,
} as const satisfies Partial<Record<TopicKey, number>>;

export type ReadTopic = keyof typeof READERS;

const UNKNOWN_ID = 4_711;
/** Does not compress: with the headers of its dead letter it is larger than a record of any other topic may be. */
const LARGEST = (8 << 20) - 1_000;

/** Deterministic bytes that no codec shrinks. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** In the Confluent wire format, of schema `id`. */
function framed(id: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, body]);
}

/** Bytes that are an event of no kind. */
function unreadable(topic: ReadTopic): PoisonRecord[] {
  const mark = encode('ClockMark', { source: { partition: 0, offset: 1, sequence: 1, clock: 1 } });
  const batch = encode('SpanBatch', { tenant: 'default', receivedAt: 1, spanCount: 1, otlp: poisonExport() });
  const id = batch.readInt32BE(1);
  const of = (name: string, value: Buffer | null, more: Partial<OutgoingRecord> = {}) => ({
    name,
    // A compacted topic takes none without a key.
    record: { partition: 1, key: name, value, ...more },
  });
  return [
    of('text', Buffer.from('not an event')),
    of('nothing', Buffer.alloc(0)),
    of('an unknown id', framed(UNKNOWN_ID, batch.subarray(5))),
    of('an id below zero', framed(-1, batch.subarray(5))),
    of('another magic byte', Buffer.concat([Buffer.from([1]), batch.subarray(1)])),
    of('half an event', batch.subarray(0, batch.length >> 1)),
    of('a length of 2^63 − 1', framed(id, Buffer.from('feffffffffffffffff01', 'hex'))),
    of('a length below zero', framed(id, Buffer.from([0x03]))),
    of('a varint without an end', framed(id, Buffer.alloc(64, 0xff))),
    of('under a key of another one', Buffer.from('wrong key'), { key: Buffer.alloc(700, 0xfe) }),
    of('with a header of 100 KB', Buffer.from('huge header'), { headers: { huge: 'h'.repeat(100 << 10) } }),
    of('as large as a record may be', noise(LARGEST)),
    ...(topic === 'signals' || topic === 'spans' ? [] : [of('an event of another topic', mark)]),
    // The end of a key on a compacted topic; elsewhere nothing that we write.
    ...(topic === 'incidentState' ? [] : [of('null', null)]),
  ];
}

const spans = (name: string, otlp: Uint8Array, receivedAt = 1_700_000_000_000): PoisonRecord => ({
  name,
  record: {
    partition: 1,
    value: encode('SpanBatch', { tenant: 'default', receivedAt, spanCount: 1, otlp }),
  },
});

/** What is on a topic for the consumers to put aside. */
export function poisonOf(topic: ReadTopic): PoisonRecord[] {
  if (topic !== 'spans') return unreadable(topic);
  return [
    ...unreadable(topic),
    spans('OTLP that ends early', poisonExport().subarray(0, 60)),
    spans('OTLP with a length of 2^63', Buffer.from('0a80808080808080808001', 'hex')),
  ];
}

/** Readable, and mad all the same: stored or dropped, put aside or not, nothing may come of it but that. */
export function madSpans(): PoisonRecord[] {
  const traceId = 'c3'.repeat(16);
  return [
    spans('nested 10,000 levels deep', nestedExport(10_000)),
    spans('a trace id of zeros', poisonExport({ traceId: '00'.repeat(16) })),
    spans('a span id of zeros', poisonExport({ spanId: '00'.repeat(8) })),
    spans('times of zero', poisonExport({ traceId, startTimeUnixNano: 0n, endTimeUnixNano: 0n })),
    spans(
      'times at the end of their range',
      poisonExport({ traceId, startTimeUnixNano: 2n ** 64n - 1n, endTimeUnixNano: 2n ** 64n - 1n }),
    ),
    spans(
      'an end before the start',
      poisonExport({ traceId, startTimeUnixNano: 2n ** 63n, endTimeUnixNano: 1n }),
    ),
    spans('received before the epoch', poisonExport({ traceId }), -1e15),
    spans('received in the year 200,000', poisonExport({ traceId }), 6.2e15),
    {
      name: 'a good batch under a wrong key, in a partition of its own choice',
      record: { ...spans('', poisonExport({ traceId: 'd4'.repeat(16) })).record, key: 'wrong', partition: 3 },
    },
  ];
}
