/** The consumer groups of an installation: where each stands, and how far it is to come. */

import type { Config } from '#infra/config.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { parseMetadata } from '#processors/assembly/position.ts';
import { parseSignalMetadata } from '#processors/incidents/position.ts';
import { topicsOf } from '#processors/runtime/topics.ts';
import { PROJECTIONS } from '#sinks/projections/registry.ts';

export interface Position {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Where it would start again; -1 where nothing is committed. */
  readonly committed: number;
  /** Offsets below have been read and what follows from them is written. */
  readonly done: number;
  /** Stage 2: its logical time (unix ms), -1 before the first; undefined for others. */
  readonly clock?: number;
}

/** Of every group and partition, in a fixed order. Throws on metadata that cannot be read. */
export async function positionsOf(kafka: Kafka, config: Config): Promise<Position[]> {
  const prefix = config.ATI_TOPIC_PREFIX;
  const topics = topicsOf(prefix);
  const assembly = (await kafka.committed(topics.assemblyGroup, topics.spans)).map((each) => {
    const metadata = parseMetadata(each.metadata);
    if (!metadata.ok) throw new Error(`${topics.assemblyGroup}: ${metadata.reason}`);
    return { ...place(topics.assemblyGroup, topics.spans, each), done: metadata.value.done };
  });
  const incidents = (await kafka.committed(topics.incidentsGroup, topics.signals)).map((each) => {
    const metadata = parseSignalMetadata(each.metadata);
    if (!metadata.ok) throw new Error(`${topics.incidentsGroup}: ${metadata.reason}`);
    const { read, done } = metadata.value;
    return { ...place(topics.incidentsGroup, topics.signals, each), done: read, clock: done };
  });
  const sinks = await Promise.all(
    PROJECTIONS.map(async ({ name, topic }) => {
      const group = `${prefix}ati-sink-${name}`;
      const committed = await kafka.committed(group, topicName(topic, prefix));
      return committed.map((each) => ({
        ...place(group, topicName(topic, prefix), each),
        done: Math.max(0, each.offset),
      }));
    }),
  );
  return [...assembly, ...incidents, ...sinks.flat()];
}

function place(group: string, topic: string, at: { readonly partition: number; readonly offset: number }) {
  return { group, topic, partition: at.partition, committed: at.offset };
}

/** The end of every partition that a group reads: `topic/partition` → offset of the next record. */
export async function endsOf(kafka: Kafka, topics: Iterable<string>): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  for (const topic of new Set(topics))
    for (const { partition, latest } of await kafka.offsets(topic)) ends.set(`${topic}/${partition}`, latest);
  return ends;
}

/** Who has not read up to `ends`, in words; empty when all have. */
export function behind(positions: readonly Position[], ends: ReadonlyMap<string, number>): string[] {
  return positions.flatMap(({ group, topic, partition, done }) => {
    const end = ends.get(`${topic}/${partition}`) ?? 0;
    return done >= end ? [] : [`${group} has read ${topic}/${partition} up to ${done} of ${end}`];
  });
}
