/** The records inside a batch: only compaction, key checks and look-ups by time go in there. */
import { decompress } from './compression.ts';
import { type BatchHeader, HEADER_SIZE } from './header.ts';
import { type Cursor, readVarint } from './varint.ts';

export interface RecordView {
  readonly offset: number;
  /** Milliseconds; the batch's append time on LogAppendTime topics. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly tombstone: boolean;
  /** The record's own bytes, its length prefix included. */
  readonly raw: Buffer;
}

/** Every record of the batch that fills `batch`; undefined when they cannot be read (snappy, lz4, garbage). */
export function readRecords(batch: Buffer, header: BatchHeader): RecordView[] | undefined {
  const clear = decompress(header.compression, batch.subarray(HEADER_SIZE, header.size));
  if (clear === undefined) return undefined;
  const cursor: Cursor = { buffer: clear, at: 0, failed: false };
  const records: RecordView[] = [];
  for (let i = 0; i < header.count; i++) {
    const record = readRecord(cursor, header);
    if (record === undefined) return undefined;
    records.push(record);
  }
  return cursor.at === clear.length ? records : undefined;
}

function readRecord(cursor: Cursor, header: BatchHeader): RecordView | undefined {
  const start = cursor.at;
  const size = readVarint(cursor);
  const end = cursor.at + size;
  if (cursor.failed || size < 1 || end > cursor.buffer.length) return undefined;
  cursor.at++; // attributes, unused
  const timestampDelta = readVarint(cursor);
  const offsetDelta = readVarint(cursor);
  const keySize = readVarint(cursor);
  const keyAt = cursor.at;
  if (keySize > 0) cursor.at += keySize;
  const valueSize = readVarint(cursor);
  if (cursor.failed || keySize < -1 || valueSize < -1 || cursor.at > end) return undefined;
  cursor.at = end;
  return {
    offset: header.baseOffset + offsetDelta,
    timestamp: header.appendTime ? header.maxTimestamp : header.baseTimestamp + timestampDelta,
    key: keySize < 0 ? null : cursor.buffer.subarray(keyAt, keyAt + keySize),
    tombstone: valueSize < 0,
    raw: cursor.buffer.subarray(start, end),
  };
}
