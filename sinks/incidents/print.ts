/** Incidents from the topic for people and pipes: as they are now, or the log of their events; muted ones are left out. */
import type { Kafka } from '#infra/kafka/port.ts';
import type { FindingKind, IncidentEvent } from '#schemas/events.ts';
import { type IncidentStateName, stateOf } from '../api/incident-json.ts';
import { isDeed } from './line.ts';
import { counted, inOrder, type Newest, newestOf } from './newest.ts';
import { type PositionedIncident, positionsAt, readIncidents, tailIncidents } from './tail.ts';

export interface PrintOptions {
  /** The events, not what came of them. */
  readonly events?: boolean;
  /** The events, and new ones as they come. */
  readonly follow?: boolean;
  readonly fromBeginning: boolean;
  readonly kind?: FindingKind;
  /** Whose; without: every tenant's, as the topic has them. */
  readonly tenant?: string;
  /** Of the list. */
  readonly state: IncidentStateName | 'all';
  /** Muted incidents, too. */
  readonly all?: boolean;
}

export interface Output {
  /** Incidents as they are, in their order. */
  list(incidents: readonly Newest[]): Promise<void>;
  /** One event; `advise`: it opens its incident, or advises other than the line before. */
  line(event: IncidentEvent, advise: boolean): void;
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
  const beginning = await positionsAt(kafka, topic, 'beginning');
  const end = await positionsAt(kafka, topic, 'end');
  // Muted now or not, and which kinds there are, is known at the end only.
  const all = await newestOf(kafka, topic, beginning, end);
  const newest = new Map([...all].filter(([, { last }]) => (options.tenant ?? last.tenant) === last.tenant));
  const found = [...newest.values()].filter(({ last }) => (options.kind ?? last.kind) === last.kind);
  const nothing = found.length === 0 ? none(all, newest, options) : undefined;
  if (
    nothing !== undefined &&
    (!options.follow || options.kind !== undefined || options.tenant !== undefined)
  )
    output.remark(nothing);
  if (!options.events && !options.follow) {
    await printList(found, options, output);
    return;
  }
  const print = eventPrinter(newest, options, output);
  if (options.fromBeginning) {
    const hidden = await print(readIncidents(kafka, topic, beginning, end));
    remarkHidden(hidden, output);
  }
  if (options.follow) await print(tailIncidents(kafka, topic, end, { signal }));
}

type Incidents = ReadonlyMap<string, Newest>;

/** `all`: of every tenant; `own`: of the one asked for. */
function none(all: Incidents, own: Incidents, { tenant, kind }: PrintOptions): string {
  if (all.size === 0) return 'no incidents yet';
  const names = (incidents: Incidents, nameOf: (event: IncidentEvent) => string) =>
    [...new Set([...incidents.values()].map(({ last }) => nameOf(last)))].sort().join(', ');
  if (own.size === 0)
    return `no incident of tenant ${tenant} (there are those of: ${names(all, (event) => event.tenant)})`;
  return `no incident of kind ${kind} (there are: ${names(own, (event) => event.kind)})`;
}

async function printList(
  found: readonly Newest[],
  { state, all }: PrintOptions,
  output: Output,
): Promise<void> {
  const asked = found.filter(({ last }) => state === 'all' || stateOf(last.event) === state);
  const now = output.now();
  const shown = asked.filter(({ last }) => all || last.mutedUntil <= now);
  await output.list(inOrder(shown));
  if (asked.length === 0 && found.length > 0)
    output.remark(`no ${state} incident (there are: ${counted(found)})`);
  remarkHidden(asked.length - shown.length, output);
}

function remarkHidden(hidden: number, output: Output): void {
  if (hidden === 0) return;
  const what = hidden === 1 ? '1 muted incident is' : `${hidden} muted incidents are`;
  output.remark(`${what} not shown: --all shows ${hidden === 1 ? 'it' : 'them'}`);
}

/** Prints events of one reading after another; gives how many incidents were hidden. */
function eventPrinter(newest: ReadonlyMap<string, Newest>, options: PrintOptions, output: Output) {
  const mutes = new Mutes();
  for (const { last } of newest.values()) mutes.learn(last);
  const hidden = new Set<string>();
  const advised = new Map<string, string | undefined>();
  return async (items: AsyncIterable<PositionedIncident>): Promise<number> => {
    for await (const { event } of items) {
      mutes.learn(event);
      if (options.kind !== undefined && event.kind !== options.kind) continue;
      if (options.tenant !== undefined && event.tenant !== options.tenant) continue;
      // That it was muted is news where it is followed; what comes of it after is not.
      const news = event.event === 'muted' && options.follow;
      if (!options.all && !news && mutes.hides(event, output.now())) {
        hidden.add(event.incidentId);
        continue;
      }
      const advice = event.recommendations[0]?.text;
      output.line(event, event.event === 'opened' || advised.get(event.incidentId) !== advice);
      if (!isDeed(event.event)) advised.set(event.incidentId, advice);
    }
    return hidden.size;
  };
}
