import type { Batch } from 'kafkajs';
import type { PeerContext } from './context.ts';

/** What becomes of a topic's records, partition by partition. */
export interface BatchHandler {
  /** The group was joined (again): every partition comes from its committed offset, so what is in work is forgotten. */
  reset(): void;
  /** Resolves when it may have the next batch of this partition. A throw ends the process. */
  handle(batch: Batch): Promise<void>;
  /** Where a restart would have to read on, by partition: what comes before is stored. */
  done(): Iterable<readonly [partition: number, offset: number]>;
  /** Stores what it has taken. */
  flush?(): Promise<void>;
}

export interface Consuming {
  /** Takes no more batches, stores and commits what was taken, leaves the group. */
  close(): Promise<void>;
}

const COMMIT_EVERY_MS = 1_000;

/** A consumer group on one topic from its beginning; resolves when it has been joined. */
export async function consume(
  { kafka, partitions, log, onFatal }: Pick<PeerContext, 'kafka' | 'partitions' | 'log' | 'onFatal'>,
  groupId: string,
  topic: string,
  handler: BatchHandler,
): Promise<Consuming> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 500 });
  const committed = new Map<number, number>();
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => {
    committed.clear();
    handler.reset();
    joined.resolve();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // What can be tried again kafkajs tries again by itself.
    if (!payload.restart) onFatal(payload.error);
  });
  const commit = async () => {
    const moved = [...handler.done()].filter(
      ([partition, offset]) => offset > (committed.get(partition) ?? 0),
    );
    if (moved.length === 0) return;
    await consumer.commitOffsets(
      moved.map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
    );
    for (const [partition, offset] of moved) committed.set(partition, offset);
  };
  let closing = false;
  const running = new Set<Promise<void>>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch }) => {
      if (closing) return;
      const work = handler.handle(batch);
      running.add(work);
      try {
        await work;
      } catch (error) {
        // Its state may be ahead of what it has stored: only a restart from the last commit is right.
        onFatal(error);
        throw error;
      } finally {
        running.delete(work);
      }
    },
  });
  const committing = setInterval(() => {
    // In a rebalance; what is not committed now is later, or read again.
    commit().catch((error: unknown) => log.warn({ topic, err: error }, 'offsets could not be committed'));
  }, COMMIT_EVERY_MS);
  await joined.promise;
  return {
    async close() {
      clearInterval(committing);
      closing = true;
      await Promise.allSettled(running);
      await handler.flush?.();
      await commit();
      await consumer.disconnect();
    },
  };
}
