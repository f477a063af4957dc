/** What Kafka keeps whoever dies: records by topic and partition, and the positions of groups. */
import type { KafkaRecord, OutgoingRecord, ProduceAck } from '#infra/kafka/port.ts';

export interface Position {
  readonly offset: number;
  readonly metadata: string;
}

export class ModelLog {
  readonly #compacted = new Set<string>();
  readonly #topics = new Map<string, KafkaRecord[][]>();
  readonly #committed = new Map<string, Position>();

  create(topic: string, partitions: number, compacted: boolean): void {
    if (compacted) this.#compacted.add(topic);
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, () => []),
    );
  }

  /** The records of each partition. Throws for a topic that nobody has created: a bug of the test. */
  partitions(topic: string): readonly KafkaRecord[][] {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined) throw new Error(`no topic ${topic}`);
    return partitions;
  }

  /** What a reader gets: of a compacted topic the last record of each key, as if the cleaner had just been there. */
  read(
    topic: string,
    partition: number,
    from: number,
    to = Number.POSITIVE_INFINITY,
  ): readonly KafkaRecord[] {
    const records = this.partitions(topic)[partition].slice(from, to);
    if (!this.#compacted.has(topic)) return records;
    const last = new Map(records.map((record) => [String(record.key), record.offset]));
    return records.filter((record) => last.get(String(record.key)) === record.offset);
  }

  /** Records of one partition, all or none, as one batch of a request. */
  append(topic: string, partition: number, records: readonly OutgoingRecord[], now: number): ProduceAck {
    const log = this.partitions(topic)[partition];
    const baseOffset = log.length;
    for (const { key = null, value, headers = {}, timestamp = now } of records)
      log.push({
        partition,
        offset: log.length,
        timestamp,
        key: key === null ? null : Buffer.from(key as string),
        // A copy: the sender may use its buffer again.
        value: value === null ? null : Buffer.from(value),
        headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, Buffer.from(v)])),
      });
    return { partition, baseOffset };
  }

  committed(group: string, topic: string, partition: number): Position | undefined {
    return this.#committed.get(`${group} ${topic} ${partition}`);
  }

  commit(group: string, topic: string, partition: number, position: Position): void {
    this.#committed.set(`${group} ${topic} ${partition}`, position);
  }
}
