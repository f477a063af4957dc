import { connectKafka } from '#infra/kafka/client.ts';
import { createLog } from '#infra/log.ts';
import type { Sender, SenderOptions } from './sender.ts';

/** Our producer port: idempotent, acks from all, one batch in flight per partition. */
export async function openOurs({ broker, compression }: SenderOptions): Promise<Sender> {
  const log = createLog('bench', 'silent');
  const kafka = await connectKafka({ brokers: [broker], clientId: 'ati-bench', log });
  const producer = await kafka.producer({ compression });
  return {
    async send(topic, partition, values, timestamp) {
      await producer.send(
        topic,
        values.map((value) => ({ partition, value, timestamp })),
      );
    },
    async close() {
      await producer.close();
      await kafka.close();
    },
  };
}
