/**
 * The protocol layer of kafkajs 2.2.4, typed: connections, metadata and one function per Kafka request. The two requests
 * that carry records are ours (`requests/`).
 *
 * ATI drives this layer itself. kafkajs's own consumer fetches nothing while any partition is being handled,
 * restarts silently, commits -1 over an offset that is out of range, and knows no way to read without a group; its own
 * producer gives new records the sequence of records that failed, which a broker takes for duplicates. The version is
 * pinned, so these inner paths do not move.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Assigner, Logger as KafkaJsLogger, Cluster as PublicCluster } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { Logger } from '../log.ts';
import { fixRequestQueue } from './request-queue.ts';
import type { KafkaSecurity } from './security.ts';
import { zstdCodec } from './zstd.ts';

const require = createRequire(import.meta.url);

interface GroupIdentity {
  readonly groupId: string;
  readonly memberId: string;
}

/** One connection: for requests that kafkajs does not write for us. */
export interface BrokerConnection {
  readonly clientId: string;
  readonly socket: Socket;
  /** Resolves at once where nothing is to be done. */
  authenticate(): Promise<void>;
  failIfNotConnected(): void;
  nextCorrelationId(): number;
  readonly requestQueue: {
    push(request: {
      entry: {
        apiKey: number;
        apiName: string;
        apiVersion: number;
        correlationId: number;
        resolve(answer: { payload: Buffer }): void;
        reject(error: Error): void;
      };
      expectResponse: boolean;
      /** Milliseconds; null for what the connection has. */
      requestTimeout: number | null;
      sendRequest(): void;
    }): void;
    maybeThrottle(ms: number): void;
  };
}

/** A broker of the cluster. Each method is one request; it throws kafkajs's errors. */
export interface Broker {
  readonly nodeId: string | number;
  isConnected(): boolean;
  disconnect(): Promise<void>;
  /** What `protocol` says of the greatest version that the broker and `versions` share (or of the broker's greatest). */
  lookupRequest<T>(
    apiKey: number,
    definition: { versions: readonly string[]; protocol(found: { version: number }): T },
  ): T;
  readonly connectionPool: {
    /** Connects, if need be. */
    getConnectionByRequest(of: { request: { apiKey: number } }): Promise<BrokerConnection>;
  };
  initProducerId(request: { transactionalId?: string; transactionTimeout: number }): Promise<{
    producerId: string;
    producerEpoch: number;
  }>;
  joinGroup(
    request: GroupIdentity & {
      sessionTimeout: number;
      rebalanceTimeout: number;
      groupProtocols: readonly { name: string; metadata: Buffer }[];
    },
  ): Promise<{
    generationId: number;
    leaderId: string;
    memberId: string;
    groupProtocol: string;
    members: { memberId: string; memberMetadata: Buffer }[];
  }>;
  syncGroup(
    request: GroupIdentity & {
      generationId: number;
      groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[];
    },
  ): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: GroupIdentity & { groupGenerationId: number }): Promise<unknown>;
  leaveGroup(request: GroupIdentity): Promise<unknown>;
  offsetCommit(
    request: GroupIdentity & {
      groupGenerationId: number;
      topics: readonly {
        topic: string;
        partitions: readonly { partition: number; offset: string; metadata: string }[];
      }[];
    },
  ): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: readonly { topic: string; partitions: readonly { partition: number }[] }[];
  }): Promise<{
    responses: {
      topic: string;
      partitions: { partition: number; offset: string; metadata: string | null }[];
    }[];
  }>;
  createTopics(request: {
    topics: readonly {
      topic: string;
      numPartitions: number;
      replicationFactor: number;
      configEntries: readonly { name: string; value: string }[];
    }[];
    timeout: number;
  }): Promise<unknown>;
  deleteTopics(request: { topics: readonly string[]; timeout: number }): Promise<unknown>;
  describeConfigs(request: { resources: readonly { type: number; name: string }[] }): Promise<{
    resources: {
      resourceName: string;
      configEntries: { configName: string; configValue: string | null; configSource?: number }[];
    }[];
  }>;
  /** Settings that are not named go back to their defaults. */
  alterConfigs(request: {
    resources: readonly {
      type: number;
      name: string;
      configEntries: readonly { name: string; value: string | null }[];
    }[];
  }): Promise<unknown>;
}

/** Connections to all brokers of a cluster, and what they say about its topics. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  /** Topics that `findTopicPartitionMetadata` knows from now on; throws UNKNOWN_TOPIC_OR_PARTITION. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
  findBroker(of: { nodeId: string | number }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findGroupCoordinator(of: { groupId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number }[];
      fromBeginning?: boolean;
      fromTimestamp?: number;
    }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

const InnerCluster = require('kafkajs/src/cluster/index.js') as new (options: object) => Cluster;
const innerLoggers = require('kafkajs/src/loggers/index.js') as {
  createLogger(options: { level: number; logCreator: unknown }): KafkaJsLogger;
};
const { createErrorFromCode } = require('kafkajs/src/protocol/error.js') as {
  createErrorFromCode(code: number): Error;
};
const socketFactory = require('kafkajs/src/network/socketFactory.js') as () => unknown;

kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => zstdCodec;
fixRequestQueue(require('kafkajs/src/network/requestQueue/index.js'));

const READ_COMMITTED = 1;

export const { MemberAssignment } = kafkajs.AssignerProtocol;

export interface ClusterOptions {
  readonly brokers: readonly string[];
  readonly security?: KafkaSecurity;
  readonly clientId: string;
  readonly log: Logger;
  /** Milliseconds, default 30,000: a broker that does not answer for so long counts as gone. */
  readonly requestTimeoutMs?: number;
}

const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 30_000;
const METADATA_MAX_AGE_MS = 60_000;
const DEBUG_LEVEL = 5;

/** A cluster that is not connected yet. It tries each seed broker, and nothing for longer: who calls it decides that. */
export function createCluster(options: ClusterOptions): Cluster {
  const { brokers, security = {}, clientId, log, requestTimeoutMs } = options;
  return new InnerCluster({
    logger: bridgedLogger(log),
    socketFactory: socketFactory(),
    brokers: [...brokers],
    // Copies: kafkajs writes into them.
    ssl: security.ssl && { ...security.ssl },
    sasl: security.sasl && { ...security.sasl },
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    isolationLevel: READ_COMMITTED,
    retry: { retries: brokers.length, initialRetryTime: 50, maxRetryTime: 200 },
  });
}

/** kafkajs's error for an error code of a broker. */
export function protocolError(code: number): Error {
  return createErrorFromCode(code);
}

export const OFFSET_OUT_OF_RANGE = 1;

export function offsetOutOfRange(topic: string, partition: number): Error {
  return new kafkajs.KafkaJSOffsetOutOfRange(createErrorFromCode(OFFSET_OUT_OF_RANGE), { topic, partition });
}

/** Kafka's round robin over all topics, by sorted member id. */
export function roundRobin(cluster: Cluster, groupId: string, log: Logger): Assigner {
  return kafkajs.PartitionAssigners.roundRobin({
    cluster: cluster as unknown as PublicCluster,
    groupId,
    logger: bridgedLogger(log),
  });
}

/** Whatever kafkajs has to say is for debugging: what matters is logged where it is decided on. */
function bridgedLogger(log: Logger): KafkaJsLogger {
  const logCreator = () => (entry: { namespace: string; label: string; log: Record<string, unknown> }) => {
    const { message, timestamp: _timestamp, logger: _logger, ...details } = entry.log;
    log.debug({ kafkajs: entry.namespace, level_: entry.label, ...details }, String(message));
  };
  return innerLoggers.createLogger({ level: DEBUG_LEVEL, logCreator });
}
