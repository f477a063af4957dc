import { compress } from '../batch/compression.ts';
import { type BatchHeader, HEADER_SIZE, LOG_OVERHEAD, writeCrc } from '../batch/header.ts';
import type { RecordView } from '../batch/records.ts';

const COUNT_AT = 57;

/**
 * The batch with only `kept` of its records, at their old offsets and times, in its old compression. With none it is
 * a header alone: it keeps a producer's last sequence in the log.
 */
export function rebuildBatch(batch: Buffer, header: BatchHeader, kept: readonly RecordView[]): Buffer {
  const records =
    kept.length === 0
      ? Buffer.alloc(0)
      : compress(header.compression, Buffer.concat(kept.map((record) => record.raw)));
  const rebuilt = Buffer.concat([batch.subarray(0, HEADER_SIZE), records]);
  rebuilt.writeInt32BE(rebuilt.length - LOG_OVERHEAD, 8);
  rebuilt.writeInt32BE(kept.length, COUNT_AT);
  writeCrc(rebuilt);
  return rebuilt;
}
