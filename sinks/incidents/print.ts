/** Incidents from the topic as lines, without those that are muted. */
import type { Kafka } from '#infra/kafka/port.ts';
import type { FindingKind, IncidentEvent } from '#schemas/events.ts';
import {
  type PositionedIncident,
  type Positions,
  positionsAt,
  readIncidents,
  tailIncidents,
} from './tail.ts';

export interface PrintOptions {
  readonly follow?: boolean;
  readonly fromBeginning: boolean;
  readonly kind?: FindingKind;
  /** Muted incidents, too. */
  readonly all?: boolean;
}

export interface Output {
  /** One event. */
  line(event: IncidentEvent): void;
  /** For people, beside the lines. */
  remark(text: string): void;
  /** Unix ms. */
  now(): number;
}

/** Until when each incident is muted, by its newest event. */
class Mutes {
  readonly #known = new Map<string, { revision: number; until: number }>();

  learn({ incidentId, revision, mutedUntil }: IncidentEvent): void {
    const known = this.#known.get(incidentId);
    if (known !== undefined && known.revision >= revision) return;
    // Those that never were muted are most: nothing is kept of them.
    if (mutedUntil > 0 || known !== undefined) this.#known.set(incidentId, { revision, until: mutedUntil });
  }

  hides({ incidentId }: IncidentEvent, now: number): boolean {
    return (this.#known.get(incidentId)?.until ?? 0) > now;
  }
}

/** Prints what the topic holds, and with `follow` what comes until the signal. */
export async function printIncidents(
  kafka: Kafka,
  topic: string,
  options: PrintOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const mutes = new Mutes();
  const hidden = new Set<string>();
  let printed = 0;
  const print = async (items: AsyncIterable<PositionedIncident>) => {
    for await (const { event } of items) {
      mutes.learn(event);
      if (options.kind !== undefined && event.kind !== options.kind) continue;
      // That it was muted is news where it is followed; what comes of it after is not.
      const news = event.event === 'muted' && options.follow;
      if (!options.all && !news && mutes.hides(event, output.now())) {
        hidden.add(event.incidentId);
        continue;
      }
      output.line(event);
      printed++;
    }
  };
  const end = await positionsAt(kafka, topic, 'end');
  const beginning = await positionsAt(kafka, topic, 'beginning');
  // Muted now or not is known at the end only.
  if (!options.all) await learnAll(kafka, topic, beginning, end, mutes);
  if (options.fromBeginning) await print(readIncidents(kafka, topic, beginning, end));
  if (hidden.size > 0) {
    const what = hidden.size === 1 ? '1 muted incident is' : `${hidden.size} muted incidents are`;
    output.remark(`${what} not shown: --all shows them`);
  }
  if (options.follow) await print(tailIncidents(kafka, topic, end, { signal }));
  else if (printed === 0 && hidden.size === 0) output.remark('no incidents yet');
}

async function learnAll(kafka: Kafka, topic: string, from: Positions, to: Positions, mutes: Mutes) {
  for await (const { event } of readIncidents(kafka, topic, from, to)) mutes.learn(event);
}
