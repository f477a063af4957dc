import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import type { Sender, SenderOptions } from '#bench/produce/sender.ts';

/** kafkajs's own producer: idempotent, acks from all, zstd at our level. */
export async function openKafkaJs({ broker, compression }: SenderOptions): Promise<Sender> {
  const { CompressionCodecs, CompressionTypes, Kafka, logLevel, Partitioners } = kafkajs;
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer, { params }),
    decompress: async (bytes: Buffer) => zstdDecompressSync(bytes),
  });
  const kafka = new Kafka({ clientId: 'kafkajs-bench', brokers: [broker], logLevel: logLevel.NOTHING });
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false, createPartitioner });
  await producer.connect();
  const type = compression === 'zstd' ? CompressionTypes.ZSTD : CompressionTypes.None;
  return {
    async send(topic, partition, values, timestamp) {
      const messages = values.map((value) => ({ partition, value, timestamp: String(timestamp) }));
      await producer.send({ topic, messages, acks: -1, compression: type });
    },
    close: () => producer.disconnect(),
  };
}
