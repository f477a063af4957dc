/** Incidents as an rxjs Observable over the topic: for programs that react to them. */
import { Observable } from 'rxjs';
import type { Assignment, Batch, Consumer, Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { type OnSkipped, positionsAt, tailIncidents } from './tail.ts';

export interface SubscribeOptions {
  /** From the oldest event that the topic keeps; else from now. A group does so at its first start only: then it goes on. */
  readonly fromBeginning?: boolean;
  readonly filter?: (event: IncidentEvent) => boolean;
  /**
   * A consumer group shares the events among its members and goes on after a restart: offsets are committed after
   * delivery, and where it begins at once, so an event may come twice after a crash. Without one every subscriber sees every event, once.
   */
  readonly groupId?: string;
  /** ATI_TOPIC_PREFIX */
  readonly prefix?: string;
  readonly onSkipped?: OnSkipped;
  /** How often to look for new events, without a group. */
  readonly pollMs?: number;
}

/**
 * Each incident event as it is written: opened, updated, resolved, retracted. Per incident in order. It errors when
 * Kafka stays away and completes only by `unsubscribe`.
 */
export function incidents(kafka: Kafka, options: SubscribeOptions = {}): Observable<IncidentEvent> {
  const topic = topicName('incidents', options.prefix);
  return options.groupId === undefined
    ? everyone(kafka, topic, options)
    : ofGroup(kafka, topic, options.groupId, options);
}

function everyone(kafka: Kafka, topic: string, options: SubscribeOptions): Observable<IncidentEvent> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    const run = async () => {
      const from = await positionsAt(kafka, topic, options.fromBeginning ? 'beginning' : 'end');
      const { onSkipped, pollMs } = options;
      for await (const { event } of tailIncidents(kafka, topic, from, {
        signal: abort.signal,
        onSkipped,
        pollMs,
      })) {
        if (options.filter?.(event) ?? true) subscriber.next(event);
      }
    };
    run().catch((error: unknown) => subscriber.error(error));
    return () => abort.abort();
  });
}

function ofGroup(
  kafka: Kafka,
  topic: string,
  groupId: string,
  { filter = () => true, onSkipped, fromBeginning }: SubscribeOptions,
): Observable<IncidentEvent> {
  return new Observable((subscriber) => {
    const started = Promise.withResolvers<Consumer>();
    const onBatch = async ({ partition, records, epoch }: Batch) => {
      for (const { offset, value } of records) {
        // What is not delivered is not committed.
        if (subscriber.closed) return;
        const decoded = decodeAs('IncidentEvent', value ?? new Uint8Array());
        if (!decoded.ok) onSkipped?.(partition, offset, decoded.reason);
        else if (filter(decoded.value)) subscriber.next(decoded.value);
      }
      const last = records.at(-1);
      if (last === undefined) return;
      const consumer = await started.promise;
      await consumer.commit([{ topic, partition, offset: last.offset + 1 }], epoch);
    };
    const onAssigned = async (partitions: readonly Assignment[], epoch: number) => {
      // A group that hears nothing before it stops would begin at the log's end again, past what came meanwhile.
      const consumer = await started.promise;
      const offsets = partitions.map(({ partition, offset }) => ({ topic, partition, offset }));
      if (!subscriber.closed) await consumer.commit(offsets, epoch);
    };
    kafka
      .consume({
        groupId,
        topics: [topic],
        startAt: fromBeginning ? 'earliest' : 'latest',
        handler: { onAssigned, onBatch },
      })
      .then(started.resolve, started.reject);
    started.promise.then((consumer) => consumer.done).catch((error: unknown) => subscriber.error(error));
    return () => {
      // Nobody listens any more; a group that cannot be left in order expires by itself.
      started.promise.then((consumer) => consumer.close()).catch(() => undefined);
    };
  });
}
