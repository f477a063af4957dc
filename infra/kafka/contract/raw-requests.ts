/** The requests that tests send over a raw connection, each in one version. */
import type { RawClient } from './raw-client.ts';

export interface Produced {
  readonly code: number;
  readonly baseOffset: number;
  readonly logAppendTime: number;
}

/** Produce v7 of one batch. */
export async function produce(
  client: RawClient,
  topic: string,
  batch: Buffer,
  { partition = 0, acks = -1 } = {},
): Promise<Produced> {
  const body = await client.request(0, 7, (out) => {
    out.string(null).int16(acks).int32(10_000);
    out.array([topic], (name) => {
      out.string(name).array([batch], (bytes) => out.int32(partition).bytes(bytes));
    });
  });
  body.int32(); // topics
  body.string();
  body.int32(); // partitions
  body.int32();
  return { code: body.int16(), baseOffset: body.int64(), logAppendTime: body.int64() };
}

/** InitProducerId v1 of an idempotent producer. */
export async function initProducerId(
  client: RawClient,
): Promise<{ code: number; id: number; epoch: number }> {
  const body = await client.request(22, 1, (out) => out.string(null).int32(60_000));
  body.int32(); // throttle time
  return { code: body.int16(), id: body.int64(), epoch: body.int16() };
}

export interface FetchQuery {
  readonly offset?: number;
  readonly partition?: number;
  /** Milliseconds. */
  readonly maxWait?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly sessionId?: number;
}

export interface Fetched {
  /** Of the whole request. */
  readonly error: number;
  readonly sessionId: number;
  readonly code: number;
  readonly highWatermark: number;
  readonly startOffset: number;
  readonly records: Buffer;
}

/** Fetch v11 of one partition. */
export async function fetch(client: RawClient, topic: string, query: FetchQuery = {}): Promise<Fetched> {
  const { offset = 0, partition = 0, maxWait = 0, minBytes = 1, maxBytes = 50 << 20 } = query;
  const { partitionMaxBytes = 1 << 20, sessionId = 0 } = query;
  const body = await client.request(1, 11, (out) => {
    out.int32(-1).int32(maxWait).int32(minBytes).int32(maxBytes).int8(0);
    out.int32(sessionId).int32(sessionId === 0 ? -1 : 1);
    out.array([topic], (name) => {
      out.string(name).array([partition], (index) => {
        out.int32(index).int32(-1).int64(offset).int64(-1).int32(partitionMaxBytes);
      });
    });
    out.int32(0).string('');
  });
  body.int32(); // throttle time
  const error = body.int16();
  const session = body.int32();
  const topics = body.int32();
  if (topics === 0) {
    return {
      error,
      sessionId: session,
      code: 0,
      highWatermark: -1,
      startOffset: -1,
      records: Buffer.alloc(0),
    };
  }
  body.string();
  body.int32(); // partitions
  body.int32();
  const code = body.int16();
  const highWatermark = body.int64();
  body.int64(); // last stable offset
  const startOffset = body.int64();
  body.nullableArray(() => [body.int64(), body.int64()]);
  body.int32(); // preferred read replica
  const records = body.nullableBytes() ?? Buffer.alloc(0);
  return { error, sessionId: session, code, highWatermark, startOffset, records };
}

/** ListOffsets v3 of one partition: -1 the end, -2 the start, else the first record from a time on (milliseconds). */
export async function listOffset(
  client: RawClient,
  topic: string,
  timestamp: number,
): Promise<{ code: number; timestamp: number; offset: number }> {
  const body = await client.request(2, 3, (out) => {
    out.int32(-1).int8(0);
    out.array([topic], (name) => out.string(name).array([0], (index) => out.int32(index).int64(timestamp)));
  });
  body.int32();
  body.int32();
  body.string();
  body.int32();
  body.int32();
  return { code: body.int16(), timestamp: body.int64(), offset: body.int64() };
}
