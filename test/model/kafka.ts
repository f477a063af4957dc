/** The Kafka port of one process of the model. */
import type {
  Consumer,
  Kafka,
  KafkaRecord,
  OutgoingRecord,
  ProduceAck,
  Producer,
} from '#infra/kafka/port.ts';
import { partitionOf } from '#schemas/murmur2.ts';
import { ModelConsumer, type ModelGroups } from './group.ts';
import type { ModelLog } from './log.ts';
import type { ModelProcess } from './process.ts';

export function modelKafka(
  process: ModelProcess,
  log: ModelLog,
  groups: ModelGroups,
  acknowledgesEarly: boolean,
): Kafka {
  const answered = <T>(what: string, answer: () => T) => process.request(what, undefined, answer);
  return {
    producer: async () => modelProducer(process, log, acknowledgesEarly),
    consume: (options) =>
      answered(`join ${options.groupId}`, (): Consumer => {
        const consumer = new ModelConsumer(process, groups, options);
        groups.join(consumer);
        return consumer;
      }),
    async *read(topic, partition, from, to): AsyncIterable<KafkaRecord> {
      yield* await answered(`read ${topic} ${partition}`, () => log.read(topic, partition, from, to));
    },
    offsets: (topic) =>
      answered(`offsets ${topic}`, () =>
        log
          .partitions(topic)
          .map((records, partition) => ({ partition, earliest: 0, latest: records.length })),
      ),
    committed: (group, topic) =>
      answered(`committed ${group}`, () =>
        log.partitions(topic).map((_, partition) => ({
          partition,
          offset: -1,
          metadata: '',
          ...log.committed(group, topic, partition),
        })),
      ),
    ping: async () => true,
    close: async () => {},
    ensureTopics: () => notModelled('ensureTopics'),
    deleteTopics: () => notModelled('deleteTopics'),
    offsetsForTime: () => notModelled('offsetsForTime'),
  };
}

async function notModelled(what: string): Promise<never> {
  throw new Error(`${what} is not in the model`);
}

/** A request lands partition by partition, each in the order of the sends to it; one of them may be lost with the sender. */
function modelProducer(process: ModelProcess, log: ModelLog, acknowledgesEarly: boolean): Producer {
  return {
    async send(topic, records) {
      const count = log.partitions(topic).length;
      // Once it is acknowledged the sender may write over it: what lands later has to be a copy.
      const own = acknowledgesEarly ? records.map(copyOf) : records;
      const parts = Map.groupBy(own, (record) => record.partition ?? partitionOfKey(record, count));
      const landings = [...parts].map(
        ([partition, part]): Promise<ProduceAck> =>
          process.request(`send ${topic} ${partition}`, { kind: 'produce', what: topic }, () =>
            log.append(topic, partition, part, process.world.unixMs),
          ),
      );
      if (acknowledgesEarly) return [...parts.keys()].map((partition) => ({ partition, baseOffset: 0 }));
      return Promise.all(landings);
    },
    close: async () => {},
  };
}

const copyOf = (record: OutgoingRecord): OutgoingRecord => ({
  ...record,
  value: record.value && Buffer.from(record.value),
});

function partitionOfKey({ key }: OutgoingRecord, count: number): number {
  return key === undefined || key === null ? 0 : partitionOf(Buffer.from(key as string), count);
}
