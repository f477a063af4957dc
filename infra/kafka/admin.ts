import { UserError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { isTransient, KafkaError, rootCause, typeOf } from './errors.ts';
import type { Cluster } from './kafkajs.ts';
import type { TopicDefinition } from './port.ts';

/** As many copies as the cluster's default says. */
const CLUSTER_DEFAULT = -1;
const TIMEOUT_MS = 10_000;

/**
 * Creates the missing topics. An existing one with another number of partitions is a UserError: keys would be looked
 * for in the wrong ones.
 */
export async function createMissing(
  connection: Connection,
  definitions: readonly TopicDefinition[],
): Promise<void> {
  const missing: TopicDefinition[] = [];
  for (const definition of definitions) {
    const partitions = await partitionCount(connection, definition.name);
    if (partitions === 0) missing.push(definition);
    else checkPartitions(definition, partitions);
  }
  if (missing.length === 0) return;
  await connection.use([], (cluster) => createAll(cluster, missing));
}

/** Throws LEADER_NOT_AVAILABLE and UNKNOWN_TOPIC_OR_PARTITION as long as the topics are not ready. */
export async function checkTopics(
  connection: Connection,
  definitions: readonly TopicDefinition[],
): Promise<void> {
  await connection.use(
    definitions.map(({ name }) => name),
    async (cluster) => {
      await cluster.refreshMetadata();
      for (const definition of definitions) {
        checkPartitions(definition, cluster.findTopicPartitionMetadata(definition.name).length);
      }
    },
  );
}

export async function deleteTopics(connection: Connection, names: readonly string[]): Promise<void> {
  await connection.use([], async (cluster) => {
    await cluster.refreshMetadata();
    const controller = await cluster.findControllerBroker();
    try {
      await controller.deleteTopics({ topics: names, timeout: TIMEOUT_MS });
    } catch (error) {
      if (typeOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    }
  });
  // The metadata that these connections keep still has the topics.
  connection.discard();
}

async function createAll(cluster: Cluster, definitions: readonly TopicDefinition[]): Promise<void> {
  await cluster.refreshMetadata();
  const controller = await cluster.findControllerBroker();
  try {
    await controller.createTopics({
      timeout: TIMEOUT_MS,
      topics: definitions.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: CLUSTER_DEFAULT,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    });
  } catch (error) {
    // Another process of ours may create the same ones at this moment.
    const refused = (rootCause(error).errors ?? [error]).filter(
      (each) => typeOf(each) !== 'TOPIC_ALREADY_EXISTS',
    );
    if (refused.length === 0) return;
    const { topic, message } = rootCause(refused[0]);
    const type = typeOf(refused[0]);
    throw new KafkaError(`Kafka cannot create ${topic ?? 'topics'}: ${message}`, {
      cause: refused[0],
      type,
      // A cluster that starts has fewer brokers than copies for a while.
      transient: isTransient(refused[0]) || type === 'INVALID_REPLICATION_FACTOR',
    });
  }
}

/** 0 where the topic does not exist. */
async function partitionCount(connection: Connection, topic: string): Promise<number> {
  try {
    return await connection.use([topic], async (cluster) => cluster.findTopicPartitionMetadata(topic).length);
  } catch (error) {
    if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return 0;
    throw error;
  }
}

function checkPartitions({ name, partitions }: TopicDefinition, found: number): void {
  if (found === partitions) return;
  throw new UserError(
    `topic ${name} has ${found} partitions and should have ${partitions}: ` +
      `set ATI_PARTITIONS to ${found}, or ATI_TOPIC_PREFIX to have topics of your own`,
  );
}
