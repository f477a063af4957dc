import type { Logger } from '../log.ts';
import type { Connection } from './connection.ts';
import { type Broker, MemberAssignment, roundRobin } from './kafkajs.ts';
import type { OffsetCommit } from './port.ts';

export interface GroupOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly log: Logger;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Committed extends TopicPartition {
  /** -1 without one. */
  readonly offset: number;
  readonly metadata: string;
}

/** How long the others wait for a member to join again: we do so at the first heartbeat that says so. */
const REBALANCE_TIMEOUT_MS = 15_000;

/** One member of a consumer group: Kafka's requests, one attempt each. Throws kafkajs's errors. */
export class Group {
  readonly #connection: Connection;
  readonly #options: GroupOptions;
  #memberId = '';
  #generation = -1;

  constructor(connection: Connection, options: GroupOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Waits for the others, and gives this member's partitions of the new generation. */
  async join(): Promise<TopicPartition[]> {
    const { groupId, topics, sessionTimeoutMs, log } = this.#options;
    return this.#connection.use(topics, async (cluster) => {
      const assigner = roundRobin(cluster, groupId, log);
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      const joined = await coordinator.joinGroup({
        groupId,
        memberId: this.#memberId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: Math.max(REBALANCE_TIMEOUT_MS, sessionTimeoutMs),
        groupProtocols: [assigner.protocol({ topics: [...topics] })],
      });
      this.#memberId = joined.memberId;
      this.#generation = joined.generationId;
      const leads = joined.leaderId === joined.memberId;
      if (leads) await cluster.refreshMetadata();
      const { memberAssignment } = await coordinator.syncGroup({
        groupId,
        memberId: this.#memberId,
        generationId: this.#generation,
        groupAssignment: leads ? await assigner.assign({ members: joined.members, topics: [...topics] }) : [],
      });
      const assignment = MemberAssignment.decode(memberAssignment)?.assignment ?? {};
      return Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      );
    });
  }

  async heartbeat(): Promise<void> {
    await this.#coordinator((coordinator) =>
      coordinator.heartbeat({ ...this.#identity(), groupGenerationId: this.#generation }),
    );
  }

  /** Of exactly these partitions, in their order. */
  async committed(partitions: readonly TopicPartition[]): Promise<Committed[]> {
    if (partitions.length === 0) return [];
    const { groupId } = this.#options;
    const { responses } = await this.#coordinator((coordinator) =>
      coordinator.offsetFetch({ groupId, topics: byTopic(partitions) }),
    );
    return partitions.map(({ topic, partition }) => {
      const found = responses
        .find((each) => each.topic === topic)
        ?.partitions.find((each) => each.partition === partition);
      return { topic, partition, offset: Number(found?.offset ?? -1), metadata: found?.metadata ?? '' };
    });
  }

  async commit(offsets: readonly OffsetCommit[], generation: number): Promise<void> {
    const topics = byTopic(
      offsets.map(({ offset, metadata = '', ...at }) => ({ ...at, offset: String(offset), metadata })),
    );
    await this.#coordinator((coordinator) =>
      coordinator.offsetCommit({ ...this.#identity(), groupGenerationId: generation, topics }),
    );
  }

  /** The group goes on without this member at once. */
  async leave(): Promise<void> {
    if (this.#memberId === '') return;
    await this.#coordinator((coordinator) => coordinator.leaveGroup(this.#identity()));
    this.#memberId = '';
  }

  /** The coordinator does not know this member any more: the next join is a new one's. */
  forgetMember(): void {
    this.#memberId = '';
  }

  #identity(): { groupId: string; memberId: string } {
    return { groupId: this.#options.groupId, memberId: this.#memberId };
  }

  #coordinator<T>(request: (coordinator: Broker) => Promise<T>): Promise<T> {
    const { groupId, topics } = this.#options;
    return this.#connection.use(topics, async (cluster) =>
      request(await cluster.findGroupCoordinator({ groupId })),
    );
  }
}

/** Partitions (with more beside) as Kafka's requests group them. */
export function byTopic<P extends TopicPartition>(
  partitions: readonly P[],
): { topic: string; partitions: Omit<P, 'topic'>[] }[] {
  const topics = new Map<string, Omit<P, 'topic'>[]>();
  for (const { topic, ...rest } of partitions) {
    const list = topics.get(topic);
    if (list) list.push(rest);
    else topics.set(topic, [rest]);
  }
  return [...topics].map(([topic, list]) => ({ topic, partitions: list }));
}
