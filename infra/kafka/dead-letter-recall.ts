import { DEAD_LETTER_BOUNDS, DeadLetterLimit } from './dead-letter-limit.ts';
import type { Kafka } from './port.ts';

/** Of the last records that a group has read of a topic: how many, and how many of them became dead letters. */
export interface Recalled {
  readonly records: number;
  readonly dead: number;
}

interface Place {
  /** Names on the broker. */
  readonly deadLetters: string;
  readonly topic: string;
  readonly groupId: string;
}

/** Letters of several groups stand on one topic. */
const LETTERS = 4 * DEAD_LETTER_BOUNDS.window;

/**
 * What the log says of a group's recent past. A consumer that was stopped by its limit and is started again, by hand or
 * by its supervisor, so finds itself at the limit still: the first bad record stops it, and nothing drains further.
 */
async function recallDeadLetters(
  kafka: Pick<Kafka, 'offsets' | 'committed' | 'read'>,
  { deadLetters, topic, groupId }: Place,
): Promise<Recalled> {
  const letters = await lettersOf(kafka, { deadLetters, topic, groupId });
  if (letters.size === 0) return { records: 0, dead: 0 };
  const partitions = await kafka.offsets(topic);
  const committed = new Map(
    (await kafka.committed(groupId, topic)).map(({ partition, offset }) => [partition, offset]),
  );
  const window = Math.ceil(DEAD_LETTER_BOUNDS.window / partitions.length);
  let records = 0;
  let dead = 0;
  for (const { partition, earliest } of partitions) {
    const offsets = letters.get(partition) ?? new Set();
    // A letter may be ahead of the commit: the stop came in between.
    const end = Math.max(committed.get(partition) ?? -1, ...[...offsets].map((offset) => offset + 1), 0);
    const from = Math.max(earliest, end - window);
    records += Math.max(0, end - from);
    dead += [...offsets].filter((offset) => offset >= from).length;
  }
  return { records, dead };
}

/** partition → offsets of the records of `topic` that the group has put aside, of the newest letters. */
async function lettersOf(
  kafka: Pick<Kafka, 'offsets' | 'read'>,
  { deadLetters, topic, groupId }: Place,
): Promise<Map<number, Set<number>>> {
  const found = new Map<number, Set<number>>();
  for (const { partition, earliest, latest } of await kafka.offsets(deadLetters)) {
    const from = Math.max(earliest, latest - LETTERS);
    for await (const { headers } of kafka.read(deadLetters, partition, from, latest)) {
      if (String(headers.topic) !== topic || String(headers.group) !== groupId) continue;
      const source = Number(headers.partition);
      const offsets = found.get(source) ?? new Set();
      found.set(source, offsets.add(Number(headers.offset)));
    }
  }
  return found;
}

/** The limit of a consumer that starts: it knows what came before. */
export async function recalledLimit(
  kafka: Pick<Kafka, 'offsets' | 'committed' | 'read'>,
  place: Place,
  share?: number,
): Promise<DeadLetterLimit> {
  const limit = new DeadLetterLimit(share === undefined ? {} : { share });
  limit.recall(await recallDeadLetters(kafka, place));
  return limit;
}
