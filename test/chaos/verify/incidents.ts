/** The incidents of the run are those of an undisturbed one, byte for byte: none lost, invented, or changed. */

import type { ClickHouse } from '#infra/clickhouse/port.ts';
import type { Config } from '#infra/config.ts';
import type { Kafka } from '#infra/kafka/port.ts';
import { topicName } from '#infra/topics.ts';
import { topicsOf } from '#processors/runtime/topics.ts';
import { decode, decodeAs } from '#schemas/codec.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import type { Said } from '../../promises/stages.ts';
import type { Position } from '../groups.ts';
import { compare, type Values } from './compare.ts';
import { logOf, undisturbed } from './undisturbed.ts';

export interface IncidentsFound {
  readonly incidents: number;
  /** After what was written twice is counted once. */
  readonly events: number;
  /** Records of ati.incidents. */
  readonly records: number;
  readonly signals: number;
  /** Records of ati.signals. */
  readonly signalRecords: number;
  readonly problems: readonly string[];
}

const keyOf = ({ tenant, incidentId, revision }: IncidentEvent) => `${tenant}/${incidentId}/${revision}`;

export async function verifyIncidents(
  kafka: Kafka,
  clickhouse: ClickHouse,
  config: Config,
  positions: readonly Position[],
): Promise<IncidentsFound> {
  const prefix = config.ATI_TOPIC_PREFIX;
  const spans = positions.filter(({ group }) => group === topicsOf(prefix).assemblyGroup);
  const done = new Map(spans.map((each) => [each.partition, each.done]));
  const expected = await undisturbed(kafka, config);
  const onTopic = await logOf(kafka, topicName('incidents', prefix));
  const signals = await logOf(kafka, topicName('signals', prefix));
  const { events, problems, last } = readEvents(onTopic);
  const stored = await storedEvents(clickhouse);
  const written = new Map([...last].map(([key, event]) => [key, columnsOf(event)]));
  return {
    incidents: new Set([...last.values()].map(({ incidentId }) => incidentId)).size,
    events: events.size,
    records: onTopic.flat().length,
    signals: expected.signals.flat().length,
    signalRecords: signals.flat().length,
    problems: [
      ...problems,
      ...compareSignals(signals, expected.signals, done),
      ...compare('ati.incidents and stage 2 over ati.signals', events, eventsOf(expected.fromSignals)),
      ...compare('ati.incidents and both stages over ati.spans', events, eventsOf(expected.fromSpans)),
      ...compare('ati_incident_events and ati.incidents', stored, written),
    ],
  };
}

function eventsOf(said: readonly Said[]): Values {
  return new Map(said.map(({ event, hex }) => [keyOf(event), hex]));
}

/** What subscribers see: a revision has one value, and comes for the first time after those before it. */
export function readEvents(log: readonly (readonly Uint8Array[])[]) {
  const events = new Map<string, string>();
  const last = new Map<string, IncidentEvent>();
  const newest = new Map<string, number>();
  const problems: string[] = [];
  for (const value of log.flat()) {
    const decoded = decodeAs('IncidentEvent', value);
    if (!decoded.ok) {
      problems.push(`a record of ati.incidents cannot be read: ${decoded.reason}`);
      continue;
    }
    const event = decoded.value;
    const key = keyOf(event);
    const hex = Buffer.from(value).toString('hex');
    const known = events.get(key);
    if (known !== undefined && known !== hex) problems.push(`${key} has two values on ati.incidents`);
    if (known === undefined) {
      const before = newest.get(event.incidentId) ?? 0;
      if (event.revision <= before) problems.push(`${key} comes after revision ${before}`);
      newest.set(event.incidentId, event.revision);
    }
    events.set(key, hex);
    last.set(key, event);
  }
  return { events, last, problems };
}

/**
 * As sets: a crash writes signals again, and the order between sources is chance. Operators' actions are not stage 1's.
 * `done`: by partition of ati.spans, what stage 1 has committed. What follows from records behind it (the last ticks of
 * who stopped) may be there or not: it is written before the commit, and a rebalance between the two takes the commit.
 */
export function compareSignals(
  found: readonly (readonly Uint8Array[])[],
  expected: readonly (readonly Uint8Array[])[],
  done: ReadonlyMap<number, number>,
): string[] {
  return expected.flatMap((log, partition) => {
    const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
    const hexes = (values: readonly Uint8Array[]) => new Map(values.map((value) => [hex(value), '']));
    const actions = (value: Uint8Array) => decodeAs('OperatorAction', value).ok;
    const there = hexes((found[partition] ?? []).filter((value) => !actions(value)));
    const due = log.filter((value) => isCommitted(value, done) || there.has(hex(value)));
    return compare(`ati.signals/${partition} and stage 1 over ati.spans`, there, hexes(due));
  });
}

function isCommitted(signal: Uint8Array, done: ReadonlyMap<number, number>): boolean {
  const decoded = decode(signal);
  if (!decoded.ok || !('source' in decoded.value)) throw new Error('stage 1 wrote what is not of a source');
  const { partition, offset } = decoded.value.source;
  return offset < (done.get(partition) ?? 0);
}

interface Stored {
  readonly key: string;
  readonly columns: string;
}

async function storedEvents(clickhouse: ClickHouse): Promise<Values> {
  const rows = await clickhouse.query<Stored>(
    `SELECT concat(TenantId, '/', IncidentId, '/', toString(Revision)) AS key,
       concat(Event, ' ', toString(Episode), ' ', toString(toUnixTimestamp64Milli(At)), ' ', ContentDigest) AS columns
     FROM ati_incident_events FINAL`,
  );
  return new Map(rows.map(({ key, columns }) => [key, columns]));
}

function columnsOf({ event, episode, at, contentDigest }: IncidentEvent): string {
  return `${event} ${episode} ${at} ${contentDigest}`;
}
