import { CODE, type Code } from '../wire/codes.ts';
import type { Api } from './api.ts';

export const offsetCommit: Api = {
  name: 'OffsetCommit',
  key: 8,
  min: 2,
  max: 5,
  handle({ broker, body, version }) {
    const groupId = body.string();
    const generation = body.int32();
    const memberId = body.string();
    if (version <= 4) body.int64(); // retention time: offsets are kept
    const topics = body.array(() => {
      const topic = body.string();
      const parts = body.array(() => ({
        topic,
        partition: body.int32(),
        offset: body.int64(),
        metadata: body.nullableString() ?? '',
      }));
      return { topic, parts };
    });
    if (body.failed) return 'malformed';
    const commits = topics.flatMap(({ parts }) => parts);
    const known = commits.filter(({ topic, partition }) => broker.catalog.partition(topic, partition));
    const outcomes = broker.storing(
      () => broker.coordinator.commit(groupId, memberId, generation, known),
      (code) => known.map(() => code),
    );
    const codes = new Map<object, Code>(known.map((commit, i) => [commit, outcomes[i]]));
    return (out) => {
      if (version >= 3) out.int32(0); // throttle time
      out.array(topics, ({ topic, parts }) => {
        out.string(topic).array(parts, (part) => {
          out.int32(part.partition).int16(codes.get(part) ?? CODE.UNKNOWN_TOPIC_OR_PARTITION);
        });
      });
    };
  },
};

export const offsetFetch: Api = {
  name: 'OffsetFetch',
  key: 9,
  min: 1,
  max: 4,
  handle({ broker, body, version }) {
    const groupId = body.string();
    const asked = body.nullableArray(() => ({
      topic: body.string(),
      partitions: body.array(() => body.int32()),
    }));
    if (body.failed) return 'malformed';
    const { offsets } = broker.coordinator;
    const wanted = asked ?? everything();
    return (out) => {
      if (version >= 3) out.int32(0); // throttle time
      out.array(wanted, ({ topic, partitions }) => {
        out.string(topic).array(partitions, (partition) => {
          const committed = offsets.get(groupId, topic, partition);
          out.int32(partition).int64(committed?.offset ?? -1);
          out.string(committed?.metadata ?? '').int16(CODE.NONE);
        });
      });
      if (version >= 2) out.int16(CODE.NONE);
    };

    function everything(): { topic: string; partitions: number[] }[] {
      const byTopic = Map.groupBy(offsets.ofGroup(groupId), ({ topic }) => topic);
      return [...byTopic].map(([topic, commits]) => ({ topic, partitions: commits.map((c) => c.partition) }));
    }
  },
};
