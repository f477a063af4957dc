import type { Logger } from '../log.ts';
import type { Committed } from './group.ts';
import type { Cluster } from './kafkajs.ts';
import { logOffsets } from './offsets.ts';
import type { Assignment } from './port.ts';

/**
 * Where to start reading: the committed offset, or the log's start (end) where there is none or it is out of range.
 * Metadata of an offset that retention has passed still holds; of one behind the end, the log is another one.
 */
export async function startOffsets(
  cluster: Cluster,
  committed: readonly Committed[],
  startAt: 'earliest' | 'latest',
  log: Logger,
): Promise<Assignment[]> {
  const ranges = new Map<string, Awaited<ReturnType<typeof logOffsets>>>();
  for (const topic of new Set(committed.map((each) => each.topic))) {
    ranges.set(topic, await logOffsets(cluster, topic));
  }
  return committed.map(({ topic, partition, offset, metadata }) => {
    const { earliest, latest } = ranges.get(topic)!.find((each) => each.partition === partition)!;
    const fallback = startAt === 'earliest' ? earliest : latest;
    if (offset < 0) return { topic, partition, offset: fallback, metadata: '' };
    if (offset >= earliest && offset <= latest) return { topic, partition, offset, metadata };
    log.warn(
      { topic, partition, committed: offset, earliest, latest },
      'the committed offset is outside the log: records are lost or the topic is a new one',
    );
    return { topic, partition, offset: fallback, metadata: offset < earliest ? metadata : '' };
  });
}
