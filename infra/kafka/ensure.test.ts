import { expect, test } from 'vitest';
import { TOPICS } from '../topics.ts';
import { ensureAtiTopics } from './ensure.ts';
import type { TopicDefinition } from './port.ts';

async function ensured(prefix: string, partitions: number): Promise<readonly TopicDefinition[]> {
  const asked: TopicDefinition[] = [];
  const kafka = { ensureTopics: async (topics: readonly TopicDefinition[]) => void asked.push(...topics) };
  await ensureAtiTopics(kafka, { ATI_TOPIC_PREFIX: prefix, ATI_PARTITIONS: partitions });
  return asked;
}

test('every topic, with its prefix and its partitions', async () => {
  const topics = await ensured('test-', 6);
  expect(topics.map(({ name }) => name)).toEqual(Object.values(TOPICS).map(({ name }) => `test-${name}`));
  expect(topics.find(({ name }) => name === 'test-ati.spans')?.partitions).toBe(6);
  expect(topics.find(({ name }) => name === 'test-ati.dead-letters')?.partitions).toBe(1);
});

test('the settings that the pipeline depends on', async () => {
  const topics = await ensured('', 4);
  const config = (name: string) => topics.find((topic) => topic.name === name)?.config;
  expect(config('ati.spans')).toEqual({
    'cleanup.policy': 'delete',
    'max.message.bytes': '8388608',
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(TOPICS.spans.retentionMs),
  });
  expect(config('ati.incident-state')).toEqual({
    'cleanup.policy': 'compact',
    'max.message.bytes': '8388608',
    'message.timestamp.type': 'CreateTime',
  });
});
