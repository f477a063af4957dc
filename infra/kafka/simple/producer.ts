import { setTimeout as wait } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { metrics } from '../../metrics.ts';
import type { OutgoingRecord, ProduceAck, Producer, ProducerOptions } from '../port.ts';
import { KafkaError } from './errors.ts';

const COMPRESSION = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const;

const RETRY_WAIT_MS = 500;

/**
 * A producer with acks from all in-sync replicas.
 *
 * Not idempotent: kafkajs's idempotent producer is dead after one sequence error, and every consumer of ours drops
 * duplicates anyway (spans by id, signals by source offset, events by id and revision). A retry may store a record twice.
 */
export async function startProducer(
  client: kafkajs.Kafka,
  options: ProducerOptions,
  log: Logger,
): Promise<Producer> {
  const producer = client.producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const compression = COMPRESSION[options.compression ?? 'none'];
  const patienceMs = options.patienceMs ?? 10_000;
  let closed = false;

  async function send(topic: string, records: readonly OutgoingRecord[]): Promise<readonly ProduceAck[]> {
    if (records.length === 0) return [];
    const messages = records.map(toMessage);
    const started = performance.now();
    for (;;) {
      try {
        const acks = await producer.send({ topic, acks: -1, compression, messages });
        metrics.produceSeconds.observe({ topic }, (performance.now() - started) / 1000);
        return acks.map(toAck);
      } catch (cause) {
        const error = new KafkaError(`cannot write to ${topic}: ${messageOf(cause)}`, cause);
        const outOfTime = performance.now() - started > patienceMs;
        if (!error.retriable || outOfTime || closed) throw error;
        log.warn({ topic, reason: error.message }, 'Kafka did not take the records, trying again');
        await wait(RETRY_WAIT_MS);
      }
    }
  }

  return {
    send,
    close: async () => {
      closed = true;
      await producer.disconnect();
    },
  };
}

function toMessage(record: OutgoingRecord): kafkajs.Message {
  return {
    partition: record.partition,
    key: record.key === undefined || record.key === null ? null : asBuffer(record.key),
    value: record.value === null ? null : asBuffer(record.value),
    headers: record.headers as Record<string, string> | undefined,
    timestamp: record.timestamp === undefined ? undefined : String(record.timestamp),
  };
}

function asBuffer(bytes: Uint8Array | string): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toAck(ack: kafkajs.RecordMetadata): ProduceAck {
  const appended = Number(ack.logAppendTime ?? -1);
  return {
    partition: ack.partition,
    baseOffset: Number(ack.baseOffset ?? ack.offset ?? -1),
    ...(appended >= 0 && { logAppendTime: appended }),
  };
}
