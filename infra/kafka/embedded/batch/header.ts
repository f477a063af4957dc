/**
 * The header of a record batch, format v2 (kafka.apache.org/documentation/#recordbatch), read and rewritten in
 * place. The CRC covers everything from the attributes on; base offset and leader epoch stand before it.
 */
import { crc32c } from '@node-rs/crc32';
import { readInt64, writeInt64 } from '../wire/int64.ts';

/** Bytes of base offset and length, which the length does not count. */
export const LOG_OVERHEAD = 12;
/** Bytes before the records. */
export const HEADER_SIZE = 61;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const MAX_TIMESTAMP_AT = 35;

const TIMESTAMP_TYPE_BIT = 0x08;
const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;

export interface BatchHeader {
  readonly baseOffset: number;
  /** Bytes of the whole batch, header included. */
  readonly size: number;
  readonly lastOffset: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly compression: number;
  readonly appendTime: boolean;
  readonly transactional: boolean;
  readonly control: boolean;
  /** Milliseconds. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1 without an idempotent producer. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly lastOffsetDelta: number;
  readonly count: number;
}

/** Size of the batch that starts at `at`, or -1 when what is there cannot be one. Needs 17 bytes. */
export function batchSize(buffer: Buffer, at: number): number {
  const size = buffer.readInt32BE(at + 8) + LOG_OVERHEAD;
  return size >= HEADER_SIZE && buffer[at + MAGIC_AT] === 2 ? size : -1;
}

/** The header at `at`; undefined when the bytes there cannot be one. Its size may exceed the buffer. */
export function readHeader(buffer: Buffer, at = 0): BatchHeader | undefined {
  if (buffer.length - at < HEADER_SIZE) return undefined;
  const size = batchSize(buffer, at);
  const baseOffset = readInt64(buffer, at);
  const lastOffsetDelta = buffer.readInt32BE(at + LAST_OFFSET_DELTA_AT);
  if (size < 0 || baseOffset < 0 || lastOffsetDelta < 0) return undefined;
  const attributes = buffer.readInt16BE(at + ATTRIBUTES_AT);
  return {
    baseOffset,
    size,
    lastOffset: baseOffset + lastOffsetDelta,
    compression: attributes & 0x07,
    appendTime: (attributes & TIMESTAMP_TYPE_BIT) !== 0,
    transactional: (attributes & TRANSACTIONAL_BIT) !== 0,
    control: (attributes & CONTROL_BIT) !== 0,
    baseTimestamp: readInt64(buffer, at + 27),
    maxTimestamp: readInt64(buffer, at + MAX_TIMESTAMP_AT),
    producerId: readInt64(buffer, at + 43),
    producerEpoch: buffer.readInt16BE(at + 51),
    baseSequence: buffer.readInt32BE(at + 53),
    lastOffsetDelta,
    count: buffer.readInt32BE(at + 57),
  };
}

/** True when the batch at `at`, `size` bytes long, has the CRC-32C that it claims. */
export function crcMatches(buffer: Buffer, at: number, size: number): boolean {
  return crc32c(buffer.subarray(at + ATTRIBUTES_AT, at + size)) === buffer.readUInt32BE(at + CRC_AT);
}

/** Recomputes the CRC-32C of the batch that fills `batch`. */
export function writeCrc(batch: Buffer): void {
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT);
}

/** Gives the batch its place in the log. */
export function assignOffset(batch: Buffer, baseOffset: number, leaderEpoch: number): void {
  writeInt64(batch, baseOffset, 0);
  batch.writeInt32BE(leaderEpoch, LOG_OVERHEAD);
}

/**
 * Makes `now` the time of every record (LogAppendTime), or with undefined marks the producer's times as such
 * (CreateTime). Recomputes the CRC only when a byte changed.
 */
export function stampTime(batch: Buffer, header: BatchHeader, now: number | undefined): void {
  const appendTime = now !== undefined;
  if (!appendTime && !header.appendTime) return;
  const attributes = batch.readInt16BE(ATTRIBUTES_AT);
  batch.writeInt16BE(
    appendTime ? attributes | TIMESTAMP_TYPE_BIT : attributes & ~TIMESTAMP_TYPE_BIT,
    ATTRIBUTES_AT,
  );
  if (appendTime) writeInt64(batch, now, MAX_TIMESTAMP_AT);
  writeCrc(batch);
}
