import { CODE, type Code } from '../wire/codes.ts';
import { type BatchHeader, crcMatches, readHeader } from './header.ts';
import { readRecords } from './records.ts';

/** What of a topic's configuration bears on a batch that is to be appended. */
export interface BatchRules {
  /** Bytes. */
  readonly maxBytes: number;
  readonly compacted: boolean;
  readonly appendTime: boolean;
  /** Milliseconds a producer's timestamp may be before and after the broker's clock. */
  readonly maxBeforeMs: number;
  readonly maxAfterMs: number;
}

export type Checked = { ok: true; header: BatchHeader } | { ok: false; code: Code; reason: string };

const wrong = (code: Code, reason: string): Checked => ({ ok: false, code, reason });

/** Checks the bytes of one partition of a Produce request as Kafka does: exactly one intact batch of a producer. */
export function checkBatch(bytes: Buffer, rules: BatchRules, now: number): Checked {
  const header = readHeader(bytes);
  if (header === undefined) return wrong(CODE.CORRUPT_MESSAGE, 'not a record batch of format v2');
  if (header.size > bytes.length) return wrong(CODE.CORRUPT_MESSAGE, 'the record batch is cut short');
  if (header.size < bytes.length) return wrong(CODE.INVALID_RECORD, 'more than one record batch');
  if (bytes.length > rules.maxBytes) {
    return wrong(CODE.MESSAGE_TOO_LARGE, `${bytes.length} bytes, max.message.bytes is ${rules.maxBytes}`);
  }
  if (!crcMatches(bytes, 0, bytes.length)) return wrong(CODE.CORRUPT_MESSAGE, 'the CRC does not match');
  if (header.count < 1 || header.count !== header.lastOffsetDelta + 1) {
    return wrong(CODE.INVALID_RECORD, 'record count and last offset delta disagree');
  }
  if (header.control || header.transactional) {
    return wrong(CODE.INVALID_RECORD, 'control and transactional batches are not supported');
  }
  if (header.compression > 4) return wrong(CODE.CORRUPT_MESSAGE, 'unknown compression');
  if (header.producerId >= 0 && (header.baseSequence < 0 || header.producerEpoch < 0)) {
    return wrong(CODE.INVALID_RECORD, 'an idempotent batch without sequence or epoch');
  }
  if (!rules.appendTime) {
    if (header.maxTimestamp - now > rules.maxAfterMs) {
      return wrong(CODE.INVALID_TIMESTAMP, 'timestamp too far in the future');
    }
    if (now - header.baseTimestamp > rules.maxBeforeMs) {
      return wrong(CODE.INVALID_TIMESTAMP, 'timestamp too far in the past');
    }
  }
  if (rules.compacted && readRecords(bytes, header)?.some((record) => record.key === null)) {
    return wrong(CODE.INVALID_RECORD, 'a compacted topic takes no record without a key');
  }
  return { ok: true, header };
}
