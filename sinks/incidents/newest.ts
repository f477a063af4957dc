/** The incidents of the topic as they are now: the newest event of each. */
import type { Kafka } from '#infra/kafka/port.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { type IncidentStateName, STATES, stateOf } from '../api/incident-json.ts';
import { type Positions, readIncidents } from './tail.ts';

export interface Newest {
  readonly last: IncidentEvent;
  /** Logical time of the event that brought it into its state, unix ms. */
  readonly since: number;
}

/** By incident id, from the events between two positions (`to` exclusive). */
export async function newestOf(
  kafka: Kafka,
  topic: string,
  from: Positions,
  to: Positions,
): Promise<Map<string, Newest>> {
  const newest = new Map<string, Newest>();
  for await (const { event } of readIncidents(kafka, topic, from, to)) {
    const known = newest.get(event.incidentId);
    if (known !== undefined && known.last.revision >= event.revision) continue;
    const same = known !== undefined && stateOf(known.last.event) === stateOf(event.event);
    newest.set(event.incidentId, { last: event, since: same ? known.since : event.at });
  }
  return newest;
}

const rank = ({ last }: Newest) => STATES.indexOf(stateOf(last.event));

/** Open ones first, critical ones first among them; then what changed last. */
export function inOrder(all: Iterable<Newest>): Newest[] {
  const critical = ({ last }: Newest) => (last.severity === 'critical' ? 0 : 1);
  return [...all].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === 0 ? critical(a) - critical(b) : 0) ||
      b.last.at - a.last.at ||
      (a.last.incidentId < b.last.incidentId ? -1 : 1),
  );
}

/** `2 resolved, 1 retracted`; without those that there are none of. */
export function counted(all: readonly Newest[]): string {
  const count = (state: IncidentStateName) => all.filter(({ last }) => stateOf(last.event) === state).length;
  return STATES.filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${state}`)
    .join(', ');
}
