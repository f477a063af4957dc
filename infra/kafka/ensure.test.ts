import { expect, test } from 'vitest';
import { type Retention, TOPICS } from '../topics.ts';
import { ensureAtiTopics } from './ensure.ts';
import type { TopicDefinition } from './port.ts';

async function ensured(
  prefix: string,
  partitions: number,
  retention: Partial<Retention> = {},
): Promise<readonly TopicDefinition[]> {
  const asked: TopicDefinition[] = [];
  const kafka = { ensureTopics: async (topics: readonly TopicDefinition[]) => void asked.push(...topics) };
  await ensureAtiTopics(kafka, { ATI_TOPIC_PREFIX: prefix, ATI_PARTITIONS: partitions, ...retention });
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
    'retention.ms': String(72 * 3_600_000),
  });
  expect(config('ati.incident-state')).toEqual({
    'cleanup.policy': 'compact',
    'max.message.bytes': '8388608',
    'message.timestamp.type': 'CreateTime',
  });
});

test('retention is the configuration’s: hours of the log, days of incidents and dead letters', async () => {
  const topics = await ensured('', 4, {
    ATI_LOG_RETENTION_HOURS: 24,
    ATI_INCIDENT_RETENTION_DAYS: 10,
    ATI_DEAD_LETTER_RETENTION_DAYS: 2,
  });
  const kept = Object.fromEntries(topics.map(({ name, config }) => [name, config['retention.ms']]));
  expect(kept).toEqual({
    'ati.spans': '86400000',
    'ati.telemetry': '86400000',
    'ati.traces': '86400000',
    'ati.signals': '86400000',
    'ati.incidents': '864000000',
    'ati.incident-state': undefined,
    'ati.deletions': undefined,
    'ati.dead-letters': '172800000',
  });
});
