/** The embedded broker without its sockets: topics, groups, producer ids. */
import { join } from 'node:path';
import { Coordinator } from './groups/coordinator.ts';
import { Offsets } from './groups/offsets.ts';
import { systemTimers } from './groups/timers.ts';
import type { Log } from './log.ts';
import { ProducerIds } from './producer-ids.ts';
import { Catalog, type Topic } from './topics/catalog.ts';
import { topicConfig } from './topics/config.ts';
import { nameProblem } from './topics/names.ts';
import { CODE, type Code } from './wire/codes.ts';

export const NODE_ID = 1;

export interface BrokerOptions {
  /** An existing directory that no other process uses. */
  readonly directory: string;
  readonly clusterId: string;
  /** The last stop was not a clean one: look for torn writes. */
  readonly verify: boolean;
  readonly fsync: boolean;
  readonly autoCreateTopics: boolean;
  readonly log: Log;
}

export class Broker {
  readonly catalog: Catalog;
  readonly coordinator: Coordinator;
  readonly producerIds: ProducerIds;
  readonly clusterId: string;
  readonly fsync: boolean;
  readonly log: Log;
  /** What clients are told to connect to; set once the socket listens. */
  host = '';
  port = 0;
  readonly #autoCreateTopics: boolean;

  constructor({ directory, clusterId, verify, fsync, autoCreateTopics, log }: BrokerOptions) {
    this.clusterId = clusterId;
    this.fsync = fsync;
    this.log = log;
    this.#autoCreateTopics = autoCreateTopics;
    this.catalog = new Catalog(join(directory, 'topics'), { verify, fsync, log, clock: Date.now });
    this.coordinator = new Coordinator(new Offsets(directory, fsync), systemTimers);
    this.producerIds = new ProducerIds(directory, fsync);
  }

  /** A topic by name for Metadata, created with the defaults when asked for and allowed. */
  describeTopic(name: string, create: boolean): { name: string; code: Code; topic?: Topic } {
    const topic = this.catalog.get(name);
    if (topic) return { name, code: CODE.NONE, topic };
    if (nameProblem(name) !== undefined || this.catalog.collision(name) !== undefined) {
      return { name, code: CODE.INVALID_TOPIC_EXCEPTION };
    }
    if (!create || !this.#autoCreateTopics) return { name, code: CODE.UNKNOWN_TOPIC_OR_PARTITION };
    const defaults = topicConfig({});
    if (!defaults.ok) return { name, code: CODE.INVALID_CONFIG };
    const make = () => ({
      name,
      code: CODE.NONE as Code,
      topic: this.catalog.create(name, 1, defaults.config),
    });
    return this.storing(make, (code) => ({ name, code }));
  }

  /** Runs what writes to the disk; a system error is logged and becomes KAFKA_STORAGE_ERROR. */
  storing<T>(run: () => T, failed: (code: Code, reason: string) => T): T {
    try {
      return run();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      this.log.error({ err: error }, 'cannot write to the data directory');
      return failed(CODE.KAFKA_STORAGE_ERROR, String(error));
    }
  }

  /** The broker's own settings, as DescribeConfigs shows them. */
  settings(): Record<string, string> {
    return {
      'auto.create.topics.enable': String(this.#autoCreateTopics),
      'broker.id': String(NODE_ID),
      'default.replication.factor': '1',
      'group.initial.rebalance.delay.ms': '0',
      'num.partitions': '1',
      'offset.metadata.max.bytes': '4096',
    };
  }

  close(): void {
    this.coordinator.close();
    this.catalog.close();
  }
}
