import { createHash } from 'node:crypto';
import type { DeadLetter } from '#infra/kafka/dead-letters.ts';
import type { KafkaRecord } from '#infra/kafka/port.ts';

/**
 * A record that the door refuses. It has not passed the allowlist, so the dead letter has no value: only where the
 * record is, how large, and its SHA-256, by which its owner can tell it.
 */
export function rawLetter(topic: string, record: KafkaRecord, reason: string): DeadLetter {
  const { partition, offset, timestamp } = record;
  const value = record.value ?? Buffer.alloc(0);
  return {
    topic,
    record: { partition, offset, value: null },
    step: 'split',
    reason,
    ts: timestamp,
    details: { bytes: String(value.length), sha256: createHash('sha256').update(value).digest('hex') },
  };
}
