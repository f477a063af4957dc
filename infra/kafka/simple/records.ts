import type { KafkaMessage } from 'kafkajs';
import type { KafkaRecord } from '../port.ts';

/** A kafkajs message as a record of the port. */
export function toRecord(partition: number, message: KafkaMessage): KafkaRecord {
  const headers: Record<string, Buffer> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    // A repeated header comes as a list: the last one counts.
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) headers[name] = Buffer.isBuffer(last) ? last : Buffer.from(last);
  }
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers,
  };
}
