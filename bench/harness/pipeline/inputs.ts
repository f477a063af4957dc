/** The logs that are written once, before any variant runs. Ours under each run's own prefix: `PipelineBench.run`. */
import { type CorpusOptions, spanLog } from '#bench/corpus/span-log.ts';
import { jsonRecords } from '#bench/peers/naive/write-log.ts';
import type { Kafka, OutgoingRecord } from '#infra/kafka/port.ts';
import { MAX_MESSAGE_BYTES } from '#infra/topics.ts';
import { PARTITIONS, writeOtlpLog, writeSpanLog } from './log.ts';

export type Input = 'spans' | 'json' | 'otlp';

const PREFIX = 'input.';
const RECORDS_A_SEND = 2_000;

/** Its topic. */
export const inputTopic = (input: Input): string => PREFIX + input;

/** The same spans in the same partitions and order, in each of these encodings. */
export async function writeInputs(
  kafka: Kafka,
  corpus: CorpusOptions,
  inputs: readonly Input[],
): Promise<void> {
  await kafka.ensureTopics(
    inputs.map((input) => ({
      name: inputTopic(input),
      partitions: PARTITIONS,
      config: {
        'max.message.bytes': String(MAX_MESSAGE_BYTES),
        ...(input === 'spans' && { 'message.timestamp.type': 'LogAppendTime' }),
      },
    })),
  );
  for (const input of inputs) await WRITERS[input](kafka, inputTopic(input), corpus);
}

const WRITERS: Record<Input, (kafka: Kafka, topic: string, corpus: CorpusOptions) => Promise<unknown>> = {
  spans: writeSpanLog,
  json: writeJsonLog,
  otlp: writeOtlpLog,
};

/** One record a span, not compressed: as a plain producer writes it, and the least work for who reads it. */
async function writeJsonLog(kafka: Kafka, topic: string, corpus: CorpusOptions): Promise<void> {
  const producer = await kafka.producer({ compression: 'none' });
  let waiting: OutgoingRecord[] = [];
  for (const { partition, value } of spanLog(corpus)) {
    for (const record of jsonRecords(value))
      waiting.push({ partition, key: record.key, value: Buffer.from(record.value) });
    if (waiting.length < RECORDS_A_SEND) continue;
    await producer.send(topic, waiting);
    waiting = [];
  }
  await producer.send(topic, waiting);
  await producer.close();
}
