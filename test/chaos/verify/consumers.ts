/** Nobody is stuck: every group has read its topics to the end, and what it holds back is explained. */
import type { Config } from '#infra/config.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { settingsOf } from '#processors/settings.ts';
import { retentionMs } from '#processors/windows/settings.ts';
import { decode } from '#schemas/codec.ts';
import { endsOf, type Position } from '../groups.ts';

/**
 * `positions` at rest. A processor that stops may leave its own last ticks and clock marks unread; nothing else. Its
 * floor is behind what it has read by no more than a hard cap (stage 1) or what windows look back to (stage 2).
 */
export async function verifyConsumers(
  kafka: Kafka,
  config: Config,
  positions: readonly Position[],
): Promise<string[]> {
  const ends = await endsOf(
    kafka,
    positions.map(({ topic }) => topic),
  );
  const { assembly, windows } = settingsOf(config);
  const spans = topicName('spans', config.ATI_TOPIC_PREFIX);
  const problems: string[] = [];
  for (const { group, topic, partition, committed, done } of positions) {
    const at = `${group} on ${topic}/${partition}`;
    const end = ends.get(`${topic}/${partition}`) ?? 0;
    if (group.includes('ati-sink-')) {
      if (done !== end) problems.push(`${at}: committed ${done}, the end is ${end}`);
      continue;
    }
    for await (const { offset, value } of kafka.read(topic, partition, done, end))
      if (!isClock(value))
        problems.push(`${at}: the record at ${offset} was not read (done ${done}, end ${end})`);
    const held = topic === spans ? assembly.hardCapMs : retentionMs(windows) + windows.hardCapMs;
    const age = await ageOf(kafka, topic, partition, committed, done);
    if (age > held + SLACK_MS)
      problems.push(`${at}: the floor is ${age} ms behind, ${held} ms are explained`);
  }
  const letters = await kafka.offsets(topicName('deadLetters', config.ATI_TOPIC_PREFIX));
  for (const { latest } of letters) if (latest > 0) problems.push(`${latest} records became dead letters`);
  return problems;
}

/** Records between two commits, and what the clocks of producers and broker differ by. */
const SLACK_MS = 5_000;

/** A tick or a clock mark: it says what time it is, and no more. */
function isClock(value: Buffer | null): boolean {
  const decoded = decode(value ?? new Uint8Array());
  if (!decoded.ok) return false;
  return decoded.name === 'ClockMark' || (decoded.name === 'SpanBatch' && decoded.value.spanCount === 0);
}

/** From the record at the floor to the last one that was read, ms. */
async function ageOf(
  kafka: Kafka,
  topic: string,
  partition: number,
  floor: number,
  done: number,
): Promise<number> {
  if (floor >= done) return 0;
  const timestamp = async (offset: number) => {
    for await (const record of kafka.read(topic, partition, offset, offset + 1)) return record.timestamp;
    return 0;
  };
  return (await timestamp(done - 1)) - (await timestamp(Math.max(0, floor)));
}
