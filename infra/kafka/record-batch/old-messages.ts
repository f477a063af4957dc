/** Records in the message formats before Kafka 0.11, which other programs may have written: decoded by kafkajs. */
import { createRequire } from 'node:module';
import type { KafkaRecord } from '../port.ts';
import type { RecordSet } from './decode.ts';

interface OldMessage {
  readonly offset: string;
  readonly timestamp?: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const decodeMessageSet = require('kafkajs/src/protocol/messageSet/decoder.js') as (
  decoder: object,
  size: number,
) => Promise<OldMessage[]>;

const MAGIC_AT = 16;

/** True where the first of these records is older than record batches. */
export function isOldMessageSet(set: Buffer): boolean {
  return set.length > MAGIC_AT && set[MAGIC_AT] < 2;
}

/** The records at or behind offset `from`. */
export async function decodeOldMessages(set: Buffer, partition: number, from: number): Promise<RecordSet> {
  const messages = await decodeMessageSet(new Decoder(set), set.length);
  const records = messages.map(
    ({ offset, timestamp, key, value }): KafkaRecord => ({
      partition,
      offset: Number(offset),
      timestamp: Number(timestamp),
      key,
      value,
      headers: {},
    }),
  );
  const last = records.at(-1);
  return {
    records: records.filter(({ offset }) => offset >= from),
    nextOffset: last === undefined ? from : Math.max(from, last.offset + 1),
  };
}
