/** Letters back on the topics they came from: the original bytes, on their partition, under their key. */
import { plural } from '#infra/format.ts';
import { REPLAYED, REPLAYS } from '#infra/kafka/dead-letters.ts';
import type { Kafka, OutgoingRecord, Producer } from '#infra/kafka/port.ts';
import { sendAll } from '#infra/kafka/send-all.ts';
import { type TopicKey, topicName } from '#infra/topics.ts';
import { type LetterWithValue, sourceOf } from './letters.ts';

/** Why a letter is left where it is; undefined: it can be put back. */
export type Obstacle =
  | 'put back before'
  | 'no bytes were kept'
  | 'not a topic of this installation'
  | 'still where it was, and read from there'
  | undefined;

/**
 * Processors read it whole at each assignment, so a state counts as soon as it can be read. Put back, an older one would be
 * the last of its key, and compaction would drop the newer ones.
 */
const READ_WHOLE: TopicKey = 'incidentState';

export class PutBack {
  readonly #known: ReadonlySet<string>;
  readonly #partitions: ReadonlyMap<string, number>;
  readonly #again: boolean;
  readonly #readWhole: string;
  readonly #seen = new Set<string>();

  /** `partitions`: of each topic that a letter may go back to; `prefix`: ATI_TOPIC_PREFIX. */
  constructor(
    known: ReadonlySet<string>,
    partitions: ReadonlyMap<string, number>,
    again: boolean,
    prefix: string,
  ) {
    this.#readWhole = topicName(READ_WHOLE, prefix);
    this.#known = known;
    this.#partitions = partitions;
    this.#again = again;
  }

  /** 'twin': another group has put the same record aside, and it goes back once. */
  judge(letter: LetterWithValue): Obstacle | 'twin' {
    const { topic, partition } = letter.source;
    const source = sourceOf(letter);
    if (topic === this.#readWhole) return 'still where it was, and read from there';
    if (this.#seen.has(source)) return 'twin';
    if (this.#known.has(source) && !this.#again) return 'put back before';
    if (letter.value === null) return 'no bytes were kept';
    const count = this.#partitions.get(topic);
    if (count === undefined || partition < 0 || partition >= count) return 'not a topic of this installation';
    this.#seen.add(source);
    return undefined;
  }
}

/**
 * Writes them, then the marks that say so: a crash in between puts them back a second time, which changes nothing that
 * is counted. Resolves when the log has both.
 */
export async function putBack(
  producer: Producer,
  deadLetters: string,
  letters: readonly LetterWithValue[],
): Promise<void> {
  for (const [topic, group] of byTopic(letters)) {
    const records = group.map(
      ({ source, key, value, replays }): OutgoingRecord => ({
        ...{ partition: source.partition, key, value },
        headers: { [REPLAYS]: String(replays + 1) },
      }),
    );
    await sendAll(producer, topic, records);
  }
  const marks = letters.map(({ offset, source }) => ({
    key: `${source.topic}-${source.partition}`,
    value: null,
    headers: {
      [REPLAYED]: String(offset),
      topic: source.topic,
      partition: String(source.partition),
      offset: String(source.offset),
    },
  }));
  await sendAll(producer, deadLetters, marks);
}

function byTopic(letters: readonly LetterWithValue[]): Map<string, LetterWithValue[]> {
  const topics = new Map<string, LetterWithValue[]>();
  for (const letter of letters)
    topics.set(letter.source.topic, [...(topics.get(letter.source.topic) ?? []), letter]);
  return topics;
}

/** Partitions of the topics that are there. */
export async function partitionsOf(kafka: Kafka, topics: readonly string[]): Promise<Map<string, number>> {
  const counts = await Promise.all(
    topics.map(async (topic) => [topic, (await kafka.offsets(topic)).length] as const),
  );
  return new Map(counts);
}

/** `3 put back before, 1 without bytes`. */
export function leftOutText(left: ReadonlyMap<string, number>): string {
  return [...left].map(([why, count]) => `${plural(count, 'letter')}: ${why}`).join('; ');
}
