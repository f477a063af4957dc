/**
 * Writes the naive pipeline's log: the spans of a log of ATI, one JSON record each, in the same partitions and order,
 * ticks included. It is no part of what is measured: whoever writes JSON does so at the source.
 */
import { connectKafka } from '#infra/kafka/client.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { createLog } from '#infra/log.ts';
import { decodeBatch } from '../idiomatic/decode.ts';
import { createKafka, createTopics } from '../shared/kafka.ts';
import { formatRecord } from './log-record.ts';

export interface JsonRecord {
  readonly key: string | null;
  readonly value: string;
}

/** The JSON records of one record of ati.spans. */
export function jsonRecords(record: Buffer): JsonRecord[] {
  const { tenant, receivedAt, spans } = decodeBatch(record);
  if (spans.length === 0) return [{ key: null, value: formatRecord({ tenant, receivedAt }) }];
  return spans.map((span) => ({ key: span.traceId, value: formatRecord({ tenant, receivedAt, span }) }));
}

/** Writes `to` from `from`, both whole; creates `to`. Returns how many spans it wrote. */
export async function writeJsonLog(
  kafka: Kafka,
  brokers: readonly string[],
  from: string,
  to: string,
): Promise<number> {
  const partitions = await kafka.offsets(from);
  await createTopics(createKafka(brokers, 'write-log'), [to], partitions.length);
  const producer = await kafka.producer({ compression: 'zstd' });
  let spans = 0;
  for (const { partition } of partitions) {
    for await (const record of kafka.read(from, partition, 0)) {
      // A record batch for each of ours, so that both logs are cut alike.
      const records = jsonRecords(record.value as Buffer);
      await producer.send(
        to,
        records.map(({ key, value }) => ({ partition, key, value: Buffer.from(value) })),
      );
      spans += records.filter(({ key }) => key !== null).length;
    }
  }
  await producer.close();
  return spans;
}

async function main(): Promise<void> {
  const { KAFKA_BROKERS: brokers, BENCH_TOPIC: from, BENCH_JSON_TOPIC: to } = process.env;
  if (!brokers || !from || !to || process.argv.includes('--help')) {
    console.error(
      'KAFKA_BROKERS=host:port BENCH_TOPIC=ati.spans BENCH_JSON_TOPIC=… node bench/peers/naive/write-log.ts: ' +
        "writes the naive pipeline's JSON log from a log of ATI",
    );
    process.exitCode = process.argv.includes('--help') ? 0 : 2;
    return;
  }
  const list = brokers.split(',');
  const kafka = await connectKafka({
    brokers: list,
    clientId: 'write-log',
    log: createLog('write-log', 'warn'),
  });
  console.log(`${to}: ${await writeJsonLog(kafka, list, from, to)} spans, a JSON record each`);
  await kafka.close();
}

if (import.meta.main) await main();
