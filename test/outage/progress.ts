/** How far the sink's groups are. */
import type { Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { PROJECTIONS } from '#sinks/projections/registry.ts';
import { groupOf } from '#sinks/sink.ts';

interface At {
  readonly kafka: Kafka;
  readonly config: { readonly ATI_TOPIC_PREFIX: string };
}

/** The end of each partition of each topic that the sink reads. */
export type Ends = ReadonlyMap<string, ReadonlyMap<number, number>>;

const topicsOf = ({ config }: At) =>
  PROJECTIONS.map((projection) => ({
    name: projection.name,
    group: groupOf(projection, config.ATI_TOPIC_PREFIX),
    topic: topicName(projection.topic, config.ATI_TOPIC_PREFIX),
  }));

/** What the groups have committed, as the broker says it, in one line. */
export async function committedBySinks(at: At): Promise<string> {
  const groups = await Promise.all(
    topicsOf(at).map(async ({ name, group, topic }) => {
      const partitions = await at.kafka.committed(group, topic);
      return `${name} ${partitions.map(({ offset }) => offset).join(',')}`;
    }),
  );
  return groups.join('; ');
}

export async function endsOf(at: At): Promise<Ends> {
  const ends = topicsOf(at).map(async ({ topic }) => {
    const partitions = await at.kafka.offsets(topic);
    return [topic, new Map(partitions.map(({ partition, latest }) => [partition, latest]))] as const;
  });
  return new Map(await Promise.all(ends));
}

/** True when every group has committed everything before `ends`. */
export async function isCommitted(at: At, ends: Ends): Promise<boolean> {
  for (const { group, topic } of topicsOf(at)) {
    for (const { partition, offset } of await at.kafka.committed(group, topic)) {
      if (Math.max(0, offset) < (ends.get(topic)?.get(partition) ?? 0)) return false;
    }
  }
  return true;
}
