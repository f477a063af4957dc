import { expect, test, vi } from 'vitest';
import { UserError } from '#infra/errors.ts';
import { KafkaError } from '#infra/kafka/errors.ts';
import type { TopicDefinition } from '#infra/kafka/port.ts';
import { silent } from '#infra/kafka/testing.ts';
import { awaitTopics } from './topics.ts';

const unknown = new KafkaError('no such topic', { type: 'UNKNOWN_TOPIC_OR_PARTITION', transient: true });

/** A Kafka of these topics; `ensure` may refuse. */
function kafkaOf(topics: Set<string>, ensure: (definition: TopicDefinition) => void) {
  return {
    offsets: async (name: string) => {
      if (!topics.has(name)) throw unknown;
      return [];
    },
    ensureTopics: async ([definition]: readonly TopicDefinition[]) => {
      ensure(definition);
      topics.add(definition.name);
    },
  };
}

const wait = (kafka: ReturnType<typeof kafkaOf>, names: string[], signal = new AbortController().signal) =>
  awaitTopics({ kafka, names, partitions: 4, log: silent, signal, retryMs: 1 });

test('what is there stays as it is', async () => {
  const created = vi.fn();
  expect(await wait(kafkaOf(new Set(['a', 'b']), created), ['a', 'b'])).toBe(true);
  expect(created).not.toHaveBeenCalled();
});

test('what is missing is created, and not kept for long', async () => {
  const created = vi.fn();
  expect(await wait(kafkaOf(new Set(['a']), created), ['a', 'b'])).toBe(true);
  expect(created.mock.calls).toEqual([
    [{ name: 'b', partitions: 4, config: { 'retention.ms': String(24 * 60 * 60 * 1000) } }],
  ]);
});

test('where it may not create, it waits until somebody else does', async () => {
  const topics = new Set<string>();
  let refusals = 0;
  const kafka = kafkaOf(topics, () => {
    if (++refusals === 3) topics.add('a');
    throw new KafkaError('not authorized', { type: 'TOPIC_AUTHORIZATION_FAILED', transient: false });
  });
  expect(await wait(kafka, ['a'])).toBe(true);
  expect(refusals).toBe(3);
});

test('a Collector that was faster with another number of partitions is fine', async () => {
  const topics = new Set<string>();
  const kafka = kafkaOf(topics, () => {
    topics.add('a');
    throw new UserError('topic a has 1 partitions and should have 4');
  });
  expect(await wait(kafka, ['a'])).toBe(true);
});

test('a broker that is away is waited for', async () => {
  const kafka = kafkaOf(new Set(['a']), () => undefined);
  const offsets = vi.spyOn(kafka, 'offsets');
  offsets.mockRejectedValueOnce(new KafkaError('cannot reach Kafka', { transient: true }));
  expect(await wait(kafka, ['a'])).toBe(true);
  expect(offsets).toHaveBeenCalledTimes(2);
});

test('a stop ends the wait', async () => {
  const stop = new AbortController();
  const kafka = kafkaOf(new Set(), () => {
    stop.abort();
    throw new KafkaError('not authorized', { type: 'TOPIC_AUTHORIZATION_FAILED', transient: false });
  });
  expect(await wait(kafka, ['a'], stop.signal)).toBe(false);
});
