import type { Cluster } from './kafkajs.ts';
import type { PartitionOffsets } from './port.ts';

/** Start and end of each partition of a topic that the cluster knows, by partition. */
export async function logOffsets(cluster: Cluster, topic: string): Promise<PartitionOffsets[]> {
  const partitions = partitionsOf(cluster, topic);
  const [low, high] = await Promise.all([
    cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: true }]),
    cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]),
  ]);
  const latest = indexed(high[0].partitions);
  const earliest = indexed(low[0].partitions);
  return partitions.map(({ partition }) => ({
    partition,
    earliest: earliest.get(partition)!,
    latest: latest.get(partition)!,
  }));
}

/** Offset of the first record at or after `timestamp` (ms), or the end, by partition. */
export async function offsetsAt(
  cluster: Cluster,
  topic: string,
  timestamp: number,
): Promise<{ partition: number; offset: number }[]> {
  const partitions = partitionsOf(cluster, topic);
  const [found, high] = await Promise.all([
    cluster.fetchTopicsOffset([{ topic, partitions, fromTimestamp: timestamp }]),
    cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]),
  ]);
  const latest = indexed(high[0].partitions);
  const offsets = indexed(found[0].partitions);
  return partitions.map(({ partition }) => {
    const offset = offsets.get(partition)!;
    return { partition, offset: offset >= 0 ? offset : latest.get(partition)! };
  });
}

function partitionsOf(cluster: Cluster, topic: string): { partition: number }[] {
  return cluster
    .findTopicPartitionMetadata(topic)
    .map(({ partitionId }) => ({ partition: partitionId }))
    .sort((a, b) => a.partition - b.partition);
}

function indexed(partitions: readonly { partition: number; offset: string }[]): Map<number, number> {
  return new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
}
