/** What is on ati.dead-letters: letters, and marks of those that were put back. */
import { REPLAYED, REPLAYS } from '#infra/kafka/dead-letters.ts';
import type { Kafka, KafkaRecord } from '#infra/kafka/port.ts';

export interface Letter {
  /** Where it stands on ati.dead-letters. */
  readonly partition: number;
  readonly offset: number;
  /** When it became one, unix ms. */
  readonly at: number;
  /** The record that it is of: topic (its name on the broker), partition, offset, and its own time, unix ms. */
  readonly source: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly at: number;
  };
  readonly step: string;
  readonly reason: string;
  /** The consumer group that refused it; '' where it does not say. */
  readonly group: string;
  /** Bytes; undefined where they were not kept (they had not passed the allowlist, or it is about a trace). */
  readonly bytes: number | undefined;
  /** How often it had been put back when it failed. */
  readonly replays: number;
  /** The other headers: traceId, tenant, sha256 … */
  readonly details: Readonly<Record<string, string>>;
}

export interface LetterWithValue extends Letter {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What says that a letter was put back. `source`: of the letter, as `sourceOf` gives it. */
export interface Mark {
  readonly source: string;
}

const KNOWN = ['reason', 'step', 'topic', 'partition', 'offset', 'ts', 'group', 'key', REPLAYS];

export const sourceOf = ({ source }: Pick<Letter, 'source'>) =>
  `${source.topic}/${source.partition}/${source.offset}`;

const whole = (text: string | undefined) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : -1);

export type OnTopic = { kind: 'letter'; letter: LetterWithValue } | { kind: 'mark'; mark: Mark };

export function readRecord({ partition, offset, timestamp, value, headers }: KafkaRecord): OnTopic {
  const text = Object.fromEntries(
    Object.entries(headers).map(([name, bytes]) => [name, bytes.toString('utf8')]),
  );
  const source = {
    topic: text.topic ?? '',
    partition: whole(text.partition),
    offset: whole(text.offset),
    at: whole(text.ts),
  };
  if (text[REPLAYED] !== undefined) return { kind: 'mark', mark: { source: sourceOf({ source }) } };
  const { reason = '', step = '', group = '' } = text;
  const details = Object.fromEntries(Object.entries(text).filter(([name]) => !KNOWN.includes(name)));
  const letter = {
    ...{ partition, offset, at: timestamp, source, step, reason, group, value, details },
    bytes: value === null ? undefined : value.length,
    replays: Math.max(0, whole(text[REPLAYS])),
    key: text.key === undefined ? null : Buffer.from(text.key, 'hex'),
  };
  return { kind: 'letter', letter };
}

/** Offsets of each partition, as they are now. */
export type Extent = readonly {
  readonly partition: number;
  readonly earliest: number;
  readonly latest: number;
}[];

/** Everything within the extent, in order; outside any group, so that looking changes nothing. */
export async function* readTopic(kafka: Kafka, topic: string, extent: Extent): AsyncGenerator<OnTopic> {
  for (const { partition, earliest, latest } of extent)
    for await (const record of kafka.read(topic, partition, earliest, latest)) yield readRecord(record);
}

/** The sources of letters that were put back. */
export async function replayedSources(
  kafka: Kafka,
  topic: string,
  extent: Extent,
): Promise<ReadonlySet<string>> {
  const sources = new Set<string>();
  for await (const found of readTopic(kafka, topic, extent))
    if (found.kind === 'mark') sources.add(found.mark.source);
  return sources;
}
