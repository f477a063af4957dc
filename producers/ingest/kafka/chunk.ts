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
  /** So many of the last records were dead letters that this one and the rest are left where they are. */
  readonly fault: { readonly text: string; readonly at: DeadLetter } | undefined;
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

/** Splits each record; ends before the one that would be refused too many. */
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
  let fault: SplitChunk['fault'];
  for (const record of records) {
    const result = splitRecord(record, split, maxBytes);
    limit.add(!result.ok);
    if (result.ok) splits.push(result.value);
    else {
      const letter = rawLetter(topic, record, result.refusal.message);
      const text = limit.fault();
      if (text !== undefined) {
        fault = { text, at: letter };
        break;
      }
      letters.push(letter);
    }
    read++;
  }
  return { splits, parts: splits.flatMap(({ parts }) => parts), letters, read, fault };
}

function splitRecord({ value }: KafkaRecord, split: SplitRecord, maxBytes: number): Result<SplitRequest> {
  if (value === null) return refused(malformed('a record without a value'));
  if (value.length > maxBytes) return refused(tooLarge(`larger than ${maxBytes} bytes`));
  return split(value);
}
