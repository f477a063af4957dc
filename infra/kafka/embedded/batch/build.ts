/** Builds record batches byte by byte: for tests that need what no client library would send. */
import { writeInt64 } from '../wire/int64.ts';
import { compress } from './compression.ts';
import { HEADER_SIZE, LOG_OVERHEAD, writeCrc } from './header.ts';
import { pushVarint } from './varint.ts';

export interface NewRecord {
  readonly key?: string | null;
  readonly value: string | null;
  /** Milliseconds. */
  readonly timestamp?: number;
}

export interface NewBatch {
  readonly records: readonly NewRecord[];
  readonly baseOffset?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** 0 none, 1 gzip, 4 zstd; 2 and 3 mark the records as snappy or lz4 and need `body`. */
  readonly compression?: number;
  /** The records' bytes as they shall be, compressed or broken. */
  readonly body?: Buffer;
}

/** A batch of format v2 with a right CRC. Timestamps default to now. */
export function buildBatch(batch: NewBatch): Buffer {
  const { records, compression = 0 } = batch;
  const now = Date.now();
  const times = records.map(({ timestamp }) => timestamp ?? now);
  const clear = Buffer.concat(records.map((record, i) => encodeRecord(record, i, times[i] - times[0])));
  const body = batch.body ?? compress(compression, clear);
  const bytes = Buffer.concat([Buffer.alloc(HEADER_SIZE), body]);
  writeInt64(bytes, batch.baseOffset ?? 0, 0);
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, 8);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(compression, 21);
  bytes.writeInt32BE(records.length - 1, 23);
  writeInt64(bytes, times[0], 27);
  writeInt64(bytes, Math.max(...times), 35);
  writeInt64(bytes, batch.producerId ?? -1, 43);
  bytes.writeInt16BE(batch.producerEpoch ?? -1, 51);
  bytes.writeInt32BE(batch.baseSequence ?? -1, 53);
  bytes.writeInt32BE(records.length, 57);
  writeCrc(bytes);
  return bytes;
}

function encodeRecord({ key, value }: NewRecord, offsetDelta: number, timestampDelta: number): Buffer {
  const parts = [Buffer.from([0]), varint(timestampDelta), varint(offsetDelta)];
  for (const text of [key ?? null, value]) {
    const bytes = text === null ? null : Buffer.from(text);
    parts.push(varint(bytes?.length ?? -1), bytes ?? Buffer.alloc(0));
  }
  parts.push(varint(0)); // headers
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  pushVarint(bytes, value);
  return Buffer.from(bytes);
}
