/**
 * The records of a fetched record set: record batches of format v2, one after the other, the last perhaps cut short.
 * Keys, values and headers are views of the fetched or the decompressed bytes (these in `memory`).
 */

import { type Memory, SEPARATE } from '../batch-memory.ts';
import { crcMatches, readHeader } from '../embedded/batch/header.ts';
import type { KafkaRecord } from '../port.ts';
import { decompress } from './compression.ts';
import { VarintReader } from './varint-reader.ts';

/** A transaction that was aborted, as a fetch's answer lists them. */
export interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface RecordSet {
  readonly records: KafkaRecord[];
  /** Behind the last whole batch, also where none of its records is there to see; `from` without a batch. */
  readonly nextOffset: number;
}

export type DecodedRecordSet =
  | ({ readonly ok: true } & RecordSet)
  | { readonly ok: false; readonly reason: string };

const HEADER_SIZE = 61;
const NO_HEADERS: KafkaRecord['headers'] = Object.freeze({});

/**
 * The records at or behind offset `from` that a consumer may see: not those of aborted transactions, and no control
 * records. Bytes that are not what they say they are (the CRC is compared) are a reason; of a compression that Node has
 * not, an error is thrown.
 */
export function decodeRecordSet(
  set: Buffer,
  partition: number,
  from: number,
  aborted: readonly Aborted[] = [],
  memory: Memory = SEPARATE,
): DecodedRecordSet {
  const records: KafkaRecord[] = [];
  const transactions = new Transactions(aborted);
  let nextOffset = from;
  for (let at = 0; set.length - at >= HEADER_SIZE; ) {
    const header = readHeader(set, at);
    if (header === undefined) return { ok: false, reason: 'what was fetched is no record batch' };
    if (at + header.size > set.length) break; // cut short
    const broken = (why: string): DecodedRecordSet => ({
      ok: false,
      reason: `the record batch at offset ${header.baseOffset} is broken: ${why}`,
    });
    if (!crcMatches(set, at, header.size)) return broken('its CRC does not match');
    if (header.lastOffset >= from) {
      const body = set.subarray(at + HEADER_SIZE, at + header.size);
      const clear = decompress(header.compression, body, memory);
      const reader = new VarintReader(clear, 0);
      const hidden = transactions.hides(header, clear);
      for (let i = 0; i < header.count && !hidden; i++) {
        const end = reader.varint() + reader.at;
        reader.at++; // attributes, unused
        const timestamp = header.baseTimestamp + reader.varint();
        const offset = header.baseOffset + reader.varint();
        const key = reader.field();
        const value = reader.field();
        const headers = reader.at < end ? readHeaders(reader) : NO_HEADERS;
        if (reader.failed || reader.at !== end) return broken(`its record ${i} is`);
        if (offset < from) continue;
        const time = header.appendTime ? header.maxTimestamp : timestamp;
        records.push({ partition, offset, timestamp: time, key, value, headers });
      }
      nextOffset = header.lastOffset + 1;
    }
    at += header.size;
  }
  return { ok: true, records, nextOffset };
}

/** Of a name that is there several times, the last one counts, as in Kafka's `lastHeader`. */
function readHeaders(reader: VarintReader): KafkaRecord['headers'] {
  const count = reader.varint();
  if (count <= 0 || reader.failed) return NO_HEADERS;
  const headers: Record<string, Buffer> = {};
  for (let i = 0; i < count && !reader.failed; i++) {
    const name = reader.field()?.toString('utf8') ?? '';
    const value = reader.field();
    if (value === null) delete headers[name];
    else headers[name] = value;
  }
  return headers;
}

interface TransactionalBatch {
  readonly lastOffset: number;
  readonly producerId: number;
  readonly transactional: boolean;
  readonly control: boolean;
}

/** Which batches are not to be seen, when they are asked for in the order of the log. */
class Transactions {
  readonly #coming: Aborted[];
  readonly #open = new Set<number>();

  constructor(aborted: readonly Aborted[]) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  hides(batch: TransactionalBatch, clear: Buffer): boolean {
    while (this.#coming.length > 0 && this.#coming[0].firstOffset <= batch.lastOffset)
      this.#open.add(this.#coming.shift()!.producerId);
    if (!batch.control) return batch.transactional && this.#open.has(batch.producerId);
    if (isAbort(clear)) this.#open.delete(batch.producerId);
    return true;
  }
}

/** A control record's key is its version and its type, 0 for the end of an aborted transaction. */
function isAbort(clear: Buffer): boolean {
  const reader = new VarintReader(clear, 0);
  reader.varint(); // length
  reader.at++; // attributes
  reader.varint(); // time
  reader.varint(); // offset
  const key = reader.field();
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
