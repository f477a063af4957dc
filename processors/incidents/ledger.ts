import { encode } from '#schemas/codec.ts';
import type { IncidentEvent } from '#schemas/events.ts';
import { type Incident, isLive, toState } from './incident.ts';
import type { Change } from './lifecycle.ts';

/** Encoded outputs of stage 2. Events go out first, then states, then the commit. */
export interface IncidentOutputs {
  /** For ati.incidents, in order. */
  readonly events: readonly {
    readonly key: string;
    readonly value: Uint8Array;
    readonly event: IncidentEvent;
  }[];
  /** For ati.incident-state, in this partition: the last state of each incident that changed. */
  readonly states: readonly { readonly key: string; readonly value: Uint8Array }[];
}

/**
 * The incidents of one partition. An effect is applied to an incident only past the position that its state was
 * written with, so that a replay changes nothing twice (states may be ahead of the commit).
 */
export class Ledger {
  readonly #incidents = new Map<string, Incident>();
  /** Live incidents by group. */
  readonly #live = new Map<string, Set<string>>();
  readonly #changed = new Set<string>();
  #events: IncidentEvent[] = [];

  constructor(incidents: Iterable<Incident>) {
    for (const incident of incidents) this.#keep(incident);
  }

  get live(): number {
    let n = 0;
    for (const ids of this.#live.values()) n += ids.size;
    return n;
  }

  get(id: string): Incident | undefined {
    return this.#incidents.get(id);
  }

  hasLive(group: string): boolean {
    return this.#live.has(group);
  }

  /** Ids of the live incidents of a group, sorted; of all groups without one. */
  liveOf(group?: string): string[] {
    if (group !== undefined) return [...(this.#live.get(group) ?? [])].sort();
    return [...this.#live.values()].flatMap((ids) => [...ids]).sort();
  }

  /**
   * Applies an effect, unless this incident's state is already past it. True where it
   * was applied, now or by an earlier run; false where it changes nothing.
   */
  apply(id: string, position: string, effect: (incident: Incident | undefined) => Change): boolean {
    const before = this.#incidents.get(id);
    if (before !== undefined && before.appliedThrough >= position) return true;
    const change = effect(before);
    if (change === undefined) return false;
    this.#keep(change.incident);
    this.#changed.add(id);
    this.#events.push(...change.events);
    return true;
  }

  /** What is to be written since the last call. */
  drain(): IncidentOutputs {
    const events = this.#events.map((event) => ({
      key: event.incidentId,
      value: encode('IncidentEvent', event),
      event,
    }));
    const states = [...this.#changed].map((id) => ({
      key: id,
      value: encode('IncidentState', toState(this.#incidents.get(id)!)),
    }));
    this.#events = [];
    this.#changed.clear();
    return { events, states };
  }

  #keep(incident: Incident): void {
    this.#incidents.set(incident.id, incident);
    const ids = this.#live.get(incident.group);
    const live: boolean = isLive(incident);
    if (live) {
      if (ids === undefined) this.#live.set(incident.group, new Set([incident.id]));
      else ids.add(incident.id);
    } else if (ids?.delete(incident.id) && ids.size === 0) this.#live.delete(incident.group);
  }
}
