/** Produce, versions 3 to 7 (kafka.apache.org/protocol#The_Messages_Produce). */
import type { Broker } from '../kafkajs.ts';
import type { ProduceAck } from '../port.ts';
import { encodeBatch, type Message } from '../record-batch/encode.ts';
import { type RequestKind, request } from './request.ts';

const PRODUCE: RequestKind = { name: 'Produce', key: 0, versions: { min: 3, max: 7 } };
const ALL_REPLICAS = -1;
const BROKER_TIMEOUT_MS = 30_000;

export interface ProduceRequest {
  readonly topic: string;
  /** One of COMPRESSION. */
  readonly compression: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly firstSequence: number;
    readonly messages: readonly Message[];
  }[];
}

/** What the broker says of one partition; `code` 0: it has the batch. */
export interface ProduceAnswer {
  readonly code: number;
  readonly ack: ProduceAck;
}

/** One batch a partition, acks from all. Rejects with kafkajs's errors when no answer comes. */
export async function produceTo(broker: Broker, produce: ProduceRequest): Promise<ProduceAnswer[]> {
  const { topic, compression, partitions } = produce;
  const { body, version, throttle } = await request(broker, PRODUCE, (out) => {
    out.string(null).int16(ALL_REPLICAS).int32(BROKER_TIMEOUT_MS); // no transaction
    out.int32(1).string(topic);
    out.array(partitions, ({ partition, firstSequence, messages }) => {
      out.int32(partition).bytes(encodeBatch(messages, compression, { ...produce, firstSequence }));
    });
  });
  const answers = body.array(() => {
    body.string(); // topic
    return body.array(() => {
      const partition = body.int32();
      const code = body.int16();
      const baseOffset = body.int64();
      const logAppendTime = body.int64();
      if (version >= 5) body.int64(); // start of the log
      return { partition, code, baseOffset, logAppendTime };
    });
  });
  const throttledMs = body.int32();
  if (body.failed) throw new Error('the answer to a Produce request is cut short');
  // Since version 6 it is the client that waits.
  if (version >= 6) throttle(throttledMs);
  return answers.flat().map(({ partition, code, baseOffset, logAppendTime }) => ({
    code,
    ack: logAppendTime >= 0 ? { partition, baseOffset, logAppendTime } : { partition, baseOffset },
  }));
}
