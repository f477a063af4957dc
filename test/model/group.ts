/** Consumer groups of the model, as Kafka's eager ones: whoever comes or goes, everyone gets a new assignment. */
import type { Assignment, Consumer, ConsumerOptions, KafkaRecord, OffsetCommit } from '#infra/kafka/port.ts';
import type { ModelLog } from './log.ts';
import type { Actor, ModelProcess } from './process.ts';
import type { Step } from './world.ts';

interface Cursor {
  readonly topic: string;
  readonly log: readonly KafkaRecord[];
  next: number;
  busy: boolean;
  paused: boolean;
}

/** Most records of one fetch. */
const MAX_RECORDS = 8;

export class ModelGroups {
  readonly log: ModelLog;
  readonly #members = new Map<string, ModelConsumer[]>();

  constructor(log: ModelLog) {
    this.log = log;
  }

  join(consumer: ModelConsumer): void {
    const { groupId } = consumer.options;
    this.#members.set(groupId, [...(this.#members.get(groupId) ?? []), consumer]);
    this.#rebalance(groupId);
  }

  leave(consumer: ModelConsumer): void {
    const { groupId } = consumer.options;
    const members = this.#members.get(groupId) ?? [];
    if (!members.includes(consumer)) return;
    this.#members.set(
      groupId,
      members.filter((each) => each !== consumer),
    );
    this.#rebalance(groupId);
  }

  #rebalance(groupId: string): void {
    const members = this.#members.get(groupId) ?? [];
    for (const [m, member] of members.entries()) {
      const mine: Assignment[] = [];
      for (const topic of member.options.topics)
        for (const partition of this.log.partitions(topic).keys()) {
          if (partition % members.length !== m) continue;
          const { offset = 0, metadata = '' } = this.log.committed(groupId, topic, partition) ?? {};
          mine.push({ topic, partition, offset, metadata });
        }
      member.assign(mine);
    }
  }
}

export class ModelConsumer implements Consumer, Actor {
  readonly done: Promise<void>;
  assigned = false;
  readonly options: ConsumerOptions;
  readonly #process: ModelProcess;
  readonly #groups: ModelGroups;
  readonly #fail: (error: unknown) => void;
  readonly #end: () => void;
  readonly #cursors = new Map<string, Cursor>();
  #epoch = 0;
  /** The group counts on it. */
  #member = false;
  /** Nothing can be committed under the assignment that it has. */
  #lost = true;
  #closed = false;
  #handling = 0;
  /** It knows its assignment: batches may come. */
  #told = false;
  #pending: readonly Assignment[] | undefined;

  constructor(process: ModelProcess, groups: ModelGroups, options: ConsumerOptions) {
    this.options = options;
    this.#process = process;
    this.#groups = groups;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#end = resolve;
    this.#fail = reject;
    process.add(this);
  }

  assign(partitions: readonly Assignment[]): void {
    this.#member = true;
    this.#pending = partitions;
    this.#lost = true;
  }

  offer(can: (step: Step) => void): void {
    const { groupId } = this.options;
    if (this.#closed) return;
    if (this.#pending !== undefined) {
      // It is told when it has done what it was given before.
      if (this.#handling === 0) can({ effect: { kind: 'assign', what: groupId }, run: () => this.#tell() });
      return;
    }
    // One that was thrown out and has not noticed yet reads on.
    if (!this.#told) return;
    for (const cursor of this.#cursors.values())
      if (!cursor.busy && !cursor.paused && cursor.next < cursor.log.length)
        can({ run: () => this.#handOver(cursor) });
  }

  leave(): void {
    this.#groups.leave(this);
    this.#member = false;
    this.#lost = true;
  }

  /** Its heartbeat is refused, so it joins again as a new member; until then it goes on with what it holds. */
  return(): void {
    if (!this.#closed)
      void this.#process.request(`join ${this.options.groupId}`, undefined, () => this.#groups.join(this));
  }

  commit(offsets: readonly OffsetCommit[], epoch: number): Promise<boolean> {
    const { groupId } = this.options;
    const effect = { kind: 'commit', what: groupId } as const;
    return this.#process.request(`commit ${groupId}`, effect, () => {
      if (epoch !== this.#epoch || this.#lost) return false;
      for (const { topic, partition, offset, metadata = '' } of offsets)
        this.#groups.log.commit(groupId, topic, partition, { offset, metadata });
      return true;
    });
  }

  pause(topic: string, partitions: readonly number[]): void {
    this.#setPaused(topic, partitions, true);
  }

  resume(topic: string, partitions: readonly number[]): void {
    this.#setPaused(topic, partitions, false);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#process.request(`leave ${this.options.groupId}`, undefined, () => this.leave());
    this.#end();
  }

  #setPaused(topic: string, partitions: readonly number[], paused: boolean): void {
    for (const partition of partitions) {
      const cursor = this.#cursors.get(`${topic} ${partition}`);
      if (cursor) cursor.paused = paused;
    }
  }

  #tell(): void {
    const partitions = this.#pending!;
    this.#pending = undefined;
    this.#cursors.clear();
    for (const { topic, partition, offset } of partitions) {
      const log = this.#groups.log.partitions(topic)[partition];
      this.#cursors.set(`${topic} ${partition}`, { topic, log, next: offset, busy: false, paused: false });
    }
    this.#epoch++;
    this.#lost = !this.#member;
    this.#told = false;
    this.assigned = true;
    this.#handled(this.options.handler.onAssigned(partitions, this.#epoch), () => {
      this.#told = true;
    });
  }

  #handOver(cursor: Cursor): void {
    const { topic, log } = cursor;
    const to = Math.min(log.length, cursor.next + this.#process.world.choice(1, MAX_RECORDS));
    const records = log.slice(cursor.next, to);
    cursor.busy = true;
    const batch = {
      topic,
      partition: records[0].partition,
      records,
      highWatermark: log.length,
      epoch: this.#epoch,
    };
    this.#handled(this.options.handler.onBatch(batch), () => {
      cursor.next = to;
      cursor.busy = false;
    });
  }

  #handled(work: Promise<void>, then: () => void): void {
    this.#handling++;
    work.then(
      () => {
        this.#handling--;
        then();
      },
      (error: unknown) => this.#fail(error),
    );
  }
}
