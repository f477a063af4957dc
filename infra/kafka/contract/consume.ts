import type { Consumer, ConsumerConfig, Kafka, KafkaMessage } from 'kafkajs';
import { uniqueName, until } from './harness.ts';

export type Received = KafkaMessage & { readonly partition: number };

/** Reads `count` records of a topic from its start, in a group of its own. */
export async function readAll(kafka: Kafka, topic: string, count: number): Promise<Received[]> {
  const records: Received[] = [];
  const consumer = kafka.consumer({ groupId: uniqueName('read'), maxWaitTimeInMs: 300 });
  let crash: Error | undefined;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crash = payload.error;
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        records.push({ ...message, partition });
      },
    });
    await until(`${count} records of ${topic} are read`, () => {
      if (crash) throw crash;
      return records.length >= count;
    });
  } finally {
    await consumer.disconnect();
  }
  return records;
}

export interface Member {
  readonly consumer: Consumer;
  /** Partitions of the last assignment. */
  assigned: number[];
  /** How many assignments it has had. */
  joins: number;
  /** `partition:offset` of all it has read. */
  readonly seen: string[];
}

/** Starts a member of a group on one topic. It commits after every batch. */
export async function startMember(
  kafka: Kafka,
  groupId: string,
  topic: string,
  options: Partial<ConsumerConfig> = {},
): Promise<Member> {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 200,
    ...options,
  });
  const member: Member = { consumer, assigned: [], joins: 0, seen: [] };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    member.assigned = [...(payload.memberAssignment[topic] ?? [])].sort();
    member.joins++;
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      member.seen.push(`${partition}:${message.offset}`);
    },
  });
  return member;
}
