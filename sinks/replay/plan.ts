/** What of a topic is replayed, and which rows of the old tables that leaves alone. */
import type { Kafka } from '#infra/kafka/port.ts';
import { type Positions, stampAfter, stampBefore } from './stamps.ts';
import type { TimePoint } from './time.ts';

/** Offsets of a partition; `to` exclusive. */
export interface Range {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Rows of the old table that the replay does not give again, by their stamp (unix ms): those before `below`, and those
 * from `from` on. What is carried and replayed too replaces itself.
 */
export interface Carry {
  readonly below: number;
  readonly from: number;
}

export interface Plan {
  readonly ranges: readonly Range[];
  /** Where the live sink was when the plan was made: all before it is in the old tables. */
  readonly stored: Positions;
  /** After `ranges`, the tail that the live sink is still to write: from these offsets on. */
  readonly tail: Positions;
  readonly carry: Carry;
}

/**
 * Stamps are in order within a partition but for what doors and clocks make of it: seconds. So much around a cut is
 * carried over as well as replayed.
 */
const DISORDER_MS = 60 * 60 * 1000;

export async function planOf(
  kafka: Kafka,
  topic: string,
  groupId: string,
  from: TimePoint,
  to: TimePoint,
): Promise<Plan> {
  const logs = await kafka.offsets(topic);
  const stored = new Map(
    (await kafka.committed(groupId, topic)).map(({ partition, offset }) => [partition, Math.max(0, offset)]),
  );
  const begin = await positionsAt(kafka, topic, from);
  const end = await positionsAt(kafka, topic, to);
  const ranges = logs.map(({ partition, earliest, latest }) => {
    // What the live sink has not stored yet is in no old table to be carried over from.
    const first = Math.min(begin.get(partition) ?? 0, stored.get(partition) ?? 0);
    const last = Math.min(end.get(partition) ?? latest, latest);
    return { partition, from: Math.max(earliest, first), to: Math.max(earliest, first, last) };
  });
  const whole = to === 'latest';
  const tail = new Map(
    ranges.map((range) => [
      range.partition,
      whole ? range.to : Math.max(range.to, stored.get(range.partition) ?? 0),
    ]),
  );
  return { ranges, stored, tail, carry: await carryOf(kafka, topic, logs, ranges, whole) };
}

async function positionsAt(kafka: Kafka, topic: string, time: TimePoint): Promise<Map<number, number>> {
  if (time === 'latest') return new Map();
  if (time === 'earliest')
    return new Map((await kafka.offsets(topic)).map(({ partition, earliest }) => [partition, earliest]));
  return new Map(
    (await kafka.offsetsForTime(topic, time)).map(({ partition, offset }) => [partition, offset]),
  );
}

/** `whole`: up to the log's end. */
async function carryOf(
  kafka: Kafka,
  topic: string,
  logs: readonly { readonly partition: number; readonly earliest: number }[],
  ranges: readonly Range[],
  whole: boolean,
): Promise<Carry> {
  const firstOf = await Promise.all(ranges.map((range) => stampAfter(kafka, topic, range)));
  const firsts = firstOf.filter((stamp) => stamp !== undefined);
  // Nothing is replayed, so nothing of the old table is given again.
  if (firsts.length === 0) return { below: Number.POSITIVE_INFINITY, from: Number.POSITIVE_INFINITY };
  // A log that has lost nothing gives every row since its first record. Of another one nobody knows which partition an
  // old row came from: what may be of records before the range stays.
  const complete = ranges.every((range) => range.from === 0);
  // A partition without a record in its range (idle for longer than the retention, say) may have given later rows than the
  // others' first ones: up to its last record before the range, or, where that is gone too, who knows.
  const silent = ranges.filter(({ from }, i) => from > 0 && firstOf[i] === undefined);
  const lastBefore = await Promise.all(
    silent.map(async ({ partition, from }) => {
      const earliest = logs.find((log) => log.partition === partition)?.earliest ?? from;
      return (
        (await stampBefore(kafka, topic, { partition, from: earliest, to: from })) ?? Number.POSITIVE_INFINITY
      );
    }),
  );
  const below = complete ? Math.min(...firsts) : Math.max(...firsts, ...lastBefore) + DISORDER_MS;
  if (whole) return { below, from: Number.POSITIVE_INFINITY };
  const lastOf = await Promise.all(ranges.map((range) => stampBefore(kafka, topic, range)));
  const lasts = lastOf.filter((stamp) => stamp !== undefined);
  return { below, from: Math.min(...lasts) - DISORDER_MS };
}
