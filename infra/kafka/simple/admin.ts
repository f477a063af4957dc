import kafkajs from 'kafkajs';
import { UserError } from '../../errors.ts';
import type { Assignment, ConsumerOptions, TopicDefinition } from '../port.ts';

/** Creates the topics that are missing; an existing one must have as many partitions as asked for. */
export async function createTopics(admin: kafkajs.Admin, wanted: readonly TopicDefinition[]): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = wanted.filter(({ name }) => !existing.has(name));
  if (missing.length > 0) await createMissing(admin, missing);
  const present = wanted.filter(({ name }) => existing.has(name)).map(({ name }) => name);
  if (present.length === 0) return;
  const { topics } = await admin.fetchTopicMetadata({ topics: present });
  for (const topic of topics) {
    const asked = wanted.find(({ name }) => name === topic.name)?.partitions;
    if (asked !== topic.partitions.length) {
      throw new UserError(
        `topic ${topic.name} has ${topic.partitions.length} partitions, ATI_PARTITIONS asks for ${asked}: ` +
          `set ATI_PARTITIONS to ${topic.partitions.length}, or use another ATI_TOPIC_PREFIX`,
      );
    }
  }
}

async function createMissing(admin: kafkajs.Admin, missing: readonly TopicDefinition[]): Promise<void> {
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    });
  } catch (error) {
    // Another process created it at the same moment: that is what was wanted.
    const errors = error instanceof kafkajs.KafkaJSAggregateError ? error.errors : [error];
    const others = errors.filter((each) => (each as { type?: string }).type !== 'TOPIC_ALREADY_EXISTS');
    if (others.length > 0) throw others[0];
  }
}

/** Where each assigned partition goes on: at its committed offset, else at the log's start or end. */
export async function fetchAssignments(
  admin: kafkajs.Admin,
  options: ConsumerOptions,
  assigned: Readonly<Record<string, readonly number[]>>,
): Promise<Assignment[]> {
  const topics = Object.keys(assigned).filter((topic) => assigned[topic].length > 0);
  if (topics.length === 0) return [];
  const committed = await admin.fetchOffsets({ groupId: options.groupId, topics });
  const assignments: Assignment[] = [];
  for (const topic of topics) {
    const ranges = await admin.fetchTopicOffsets(topic);
    for (const partition of [...assigned[topic]].sort((a, b) => a - b)) {
      const range = ranges.find((each) => each.partition === partition);
      if (range === undefined) throw new Error(`${topic} has no partition ${partition}`);
      const stored = committed
        .find((each) => each.topic === topic)
        ?.partitions.find((each) => each.partition === partition);
      const offset = Number(stored?.offset ?? -1);
      const known = offset >= Number(range.low) && offset <= Number(range.high);
      const start = options.startAt === 'earliest' ? range.low : range.high;
      assignments.push({
        topic,
        partition,
        offset: known ? offset : Number(start),
        metadata: known ? (stored?.metadata ?? '') : '',
      });
    }
  }
  return assignments;
}
