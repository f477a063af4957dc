/**
 * What ATI needs of kafkajs beyond its public API. kafkajs is pinned (2.2.4) and hardly changes; `client.int.test.ts`
 * fails if one of these goes away.
 */
import { createRequire } from 'node:module';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const require = createRequire(import.meta.url);

interface RequestQueuePrototype {
  throttledUntil: number;
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

/** A partition leader's connection. */
interface Broker {
  fetch(request: {
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: {
      topic: string;
      partitions: { partition: number; fetchOffset: string; maxBytes: number }[];
    }[];
  }): Promise<{
    responses: { partitions: { highWatermark: string; messages: kafkajs.KafkaMessage[] }[] }[];
  }>;
}

/** kafkajs's view of the brokers: reading a partition outside a group has no public API. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
}

/** Makes a cluster with the settings of `client`. */
export function clusterOf(client: kafkajs.Kafka): Cluster {
  const create = Object.getOwnPropertySymbols(client).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  );
  if (create === undefined) throw new Error('kafkajs has no createCluster: was its version changed?');
  const methods = client as unknown as Record<symbol, (options: object) => Cluster>;
  return methods[create]({ allowAutoTopicCreation: false });
}

let prepared = false;

/** Registers zstd, and mends the one timer that warns on Node 24. Once a process. */
export function prepareKafkajs(): void {
  if (prepared) return;
  prepared = true;
  // Level 1: in front of a CRC in JavaScript fewer bytes pay for themselves, higher levels do not.
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => zstdCompressSync(encoder.buffer, { params }),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  });
  // kafkajs #1751: without throttling it asks for a timer at a negative time, and Node prints
  // TimeoutNegativeWarning. Nothing is pending then, so no timer is needed.
  const queue = (require('kafkajs/src/network/requestQueue') as { prototype: RequestQueuePrototype })
    .prototype;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function (this: RequestQueuePrototype) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}
