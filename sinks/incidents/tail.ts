/** Reads ati.incidents outside any group, from given positions on: every event once, none left out. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, KafkaRecord } from '#infra/kafka/port.ts';
import { decodeAs } from '#schemas/codec.ts';
import type { IncidentEvent } from '#schemas/events.ts';

export interface PositionedIncident {
  readonly partition: number;
  readonly offset: number;
  /** Unix ms of the record. */
  readonly timestamp: number;
  readonly event: IncidentEvent;
}

/** Next offset to read, by partition. */
export type Positions = ReadonlyMap<number, number>;

/** A record that is no incident event: left out (the sink makes it a dead letter). */
export type OnSkipped = (partition: number, offset: number, reason: string) => void;

const POLL_MS = 200;

/** The log's end as it is now, or its beginning. */
export async function positionsAt(kafka: Kafka, topic: string, at: 'beginning' | 'end'): Promise<Positions> {
  const offsets = await kafka.offsets(topic);
  return new Map(
    offsets.map(({ partition, earliest, latest }) => [partition, at === 'end' ? latest : earliest]),
  );
}

async function* events(
  records: AsyncIterable<KafkaRecord>,
  onSkipped: OnSkipped,
): AsyncGenerator<PositionedIncident> {
  for await (const { partition, offset, timestamp, value } of records) {
    const decoded = decodeAs('IncidentEvent', value ?? new Uint8Array());
    if (decoded.ok) yield { partition, offset, timestamp, event: decoded.value };
    else onSkipped(partition, offset, decoded.reason);
  }
}

/** Merges streams by logical time; each stays in its own order. */
async function* merged(
  streams: readonly AsyncGenerator<PositionedIncident>[],
): AsyncGenerator<PositionedIncident> {
  const heads: { item: PositionedIncident; rest: AsyncGenerator<PositionedIncident> }[] = [];
  try {
    for (const rest of streams) {
      const first = await rest.next();
      if (!first.done) heads.push({ item: first.value, rest });
    }
    while (heads.length > 0) {
      let earliest = 0;
      for (let i = 1; i < heads.length; i++) {
        if (heads[i].item.event.at < heads[earliest].item.event.at) earliest = i;
      }
      const head = heads[earliest];
      yield head.item;
      const following = await head.rest.next();
      if (following.done) heads.splice(earliest, 1);
      else head.item = following.value;
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}

/** Events between two positions (`to` exclusive), merged by their logical time. */
export async function* readIncidents(
  kafka: Kafka,
  topic: string,
  from: Positions,
  to: Positions,
  onSkipped: OnSkipped = () => {},
): AsyncGenerator<PositionedIncident> {
  const streams = [...to]
    .filter(([partition, end]) => (from.get(partition) ?? 0) < end)
    .map(([partition, end]) =>
      events(kafka.read(topic, partition, from.get(partition) ?? 0, end), onSkipped),
    );
  yield* merged(streams);
}

export interface TailOptions {
  readonly signal: AbortSignal;
  readonly pollMs?: number;
  readonly onSkipped?: OnSkipped;
  /** After everything up to `positions` has been yielded. */
  readonly onPositions?: (positions: Positions) => void;
}

/** Events from `from` on, as they come, until the signal. Throws when the broker stays away. */
export async function* tailIncidents(
  kafka: Kafka,
  topic: string,
  from: Positions,
  { signal, pollMs = POLL_MS, onSkipped, onPositions }: TailOptions,
): AsyncGenerator<PositionedIncident> {
  let positions = from;
  while (!signal.aborted) {
    const end = await positionsAt(kafka, topic, 'end');
    for await (const item of readIncidents(kafka, topic, positions, end, onSkipped)) {
      if (signal.aborted) return;
      yield item;
    }
    positions = end;
    onPositions?.(positions);
    // Aborted while waiting: the loop's condition sees it.
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}
