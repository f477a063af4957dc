/** Some records of a batch, through the door: what goes to the log, what to the dead letters. */
import type { DeadLetterLimit } from '#infra/kafka/dead-letter-limit.ts';
import type { DeadLetter } from '#infra/kafka/dead-letters.ts';
import type { KafkaRecord } from '#infra/kafka/port.ts';
import type { Part } from '../records.ts';
import { malformed, type Result, refused, tooLarge } from '../refusal.ts';
import type { SplitRequest } from '../split-request.ts';
import { rawLetter } from './letters.ts';

export interface SplitChunk {
  readonly splits: readonly SplitRequest[];
  readonly parts: readonly Part[];
  readonly letters: readonly DeadLetter[];
  /** How many records these are of. */
  readonly read: number;
  /** So many of the last records were dead letters that the rest is left where it is. */
  readonly fault: string | undefined;
}

export type SplitRecord = (otlp: Buffer) => Result<SplitRequest>;

const sizeOf = ({ value }: KafkaRecord) => value?.length ?? 0;

/** Bytes of the records' values. */
export function bytesOf(records: readonly KafkaRecord[]): number {
  return records.reduce((sum, record) => sum + sizeOf(record), 0);
}

/** Runs of records, in order, of at most `maxBytes` or of one record. */
export function chunksOf(records: readonly KafkaRecord[], maxBytes: number): KafkaRecord[][] {
  const chunks: KafkaRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    bytes += sizeOf(record);
    if (chunks.length === 0 || bytes > maxBytes) {
      chunks.push([]);
      bytes = sizeOf(record);
    }
    chunks[chunks.length - 1].push(record);
  }
  return chunks;
}

/** Splits each record; ends early where too many are refused. */
export function splitChunk(
  topic: string,
  records: readonly KafkaRecord[],
  split: SplitRecord,
  maxBytes: number,
  limit: DeadLetterLimit,
): SplitChunk {
  const splits: SplitRequest[] = [];
  const letters: DeadLetter[] = [];
  let read = 0;
  let fault: string | undefined;
  for (const record of records) {
    const result = splitRecord(record, split, maxBytes);
    if (result.ok) splits.push(result.value);
    else letters.push(rawLetter(topic, record, result.refusal.message));
    limit.add(!result.ok);
    read++;
    fault = limit.fault();
    if (fault !== undefined) break;
  }
  return { splits, parts: splits.flatMap(({ parts }) => parts), letters, read, fault };
}

function splitRecord({ value }: KafkaRecord, split: SplitRecord, maxBytes: number): Result<SplitRequest> {
  if (value === null) return refused(malformed('a record without a value'));
  if (value.length > maxBytes) return refused(tooLarge(`larger than ${maxBytes} bytes`));
  return split(value);
}
