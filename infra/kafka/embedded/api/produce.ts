import type { Appended } from '../log/partition-log.ts';
import { CODE, type Code } from '../wire/codes.ts';
import type { Writer } from '../wire/writer.ts';
import type { Api, Call } from './api.ts';

interface Part {
  readonly topic: string;
  readonly index: number;
  readonly records: Buffer | null;
}

interface Outcome {
  readonly index: number;
  readonly code: Code;
  readonly baseOffset: number;
  readonly logAppendTime: number;
  readonly startOffset: number;
}

export const produce: Api = {
  name: 'Produce',
  key: 0,
  min: 3,
  max: 7,
  // librdkafka compresses only for brokers that advertise version 0; Kafka 4 advertises it for the same reason.
  advertisedMin: 0,
  handle(call) {
    const { body, version } = call;
    const transactionalId = body.nullableString();
    const acks = body.int16();
    body.int32(); // timeout: there are no replicas to wait for
    const topics = body.array(() => {
      const topic = body.string();
      return {
        topic,
        parts: body.array((): Part => ({ topic, index: body.int32(), records: body.nullableBytes() })),
      };
    });
    if (body.failed) return 'malformed';
    const refused =
      transactionalId !== null
        ? CODE.INVALID_REQUEST
        : acks < -1 || acks > 1
          ? CODE.INVALID_REQUIRED_ACKS
          : undefined;
    const done = topics.map(({ topic, parts }) => ({
      topic,
      outcomes: parts.map((part) => (refused === undefined ? append(call, part) : failed(part, refused))),
    }));
    const answer = (out: Writer): void => {
      out.array(done, ({ topic, outcomes }) => {
        out.string(topic).array(outcomes, (outcome) => writeOutcome(out, version, outcome));
      });
      out.int32(0); // throttle time
    };
    if (acks === 0) return 'silent';
    if (!call.broker.fsync) return answer;
    const logs = topics.flatMap(({ parts }) =>
      parts.map(({ topic, index }) => call.broker.catalog.partition(topic, index)),
    );
    return Promise.all(logs.map((log) => log?.sync())).then(() => answer);
  },
};

function append({ broker, clientId }: Call, part: Part): Outcome {
  const topic = broker.catalog.get(part.topic);
  const log = topic?.partitions[part.index];
  if (topic === undefined || log === undefined) return failed(part, CODE.UNKNOWN_TOPIC_OR_PARTITION);
  if (part.records === null || part.records.length === 0) return failed(part, CODE.INVALID_RECORD);
  const appended: Appended = log.append(part.records, topic.config);
  if (!appended.ok) {
    const { topic, index } = part;
    broker.log.debug({ topic, partition: index, clientId, reason: appended.reason }, 'produce refused');
    return failed(part, appended.code);
  }
  const { baseOffset, logAppendTime } = appended;
  return { index: part.index, code: CODE.NONE, baseOffset, logAppendTime, startOffset: log.startOffset };
}

function failed({ index }: Part, code: Code): Outcome {
  return { index, code, baseOffset: -1, logAppendTime: -1, startOffset: -1 };
}

function writeOutcome(out: Writer, version: number, outcome: Outcome): void {
  out.int32(outcome.index).int16(outcome.code).int64(outcome.baseOffset).int64(outcome.logAppendTime);
  if (version >= 5) out.int64(outcome.startOffset);
}
