import { z } from 'zod';
import type { IncidentEvent, IncidentState } from '#schemas/events.ts';

/** An incident as the lifecycle keeps it: its last event and a few counters. */
export interface Incident {
  readonly id: string;
  /** Key of the group (tenant, scope, agent, operation) whose windows decide on it. */
  readonly group: string;
  /** Position (see `applied.ts`) of the last effect that changed it. */
  readonly appliedThrough: string;
  /** Clean windows with traffic in a row that do not overlap, and the end of the last one. */
  readonly clean: number;
  readonly cleanEnd: number;
  /** End of the last window with traffic, of windows that do not overlap. */
  readonly trafficEnd: number;
  readonly last: IncidentEvent;
}

export type Phase = 'provisional' | 'open' | 'resolved' | 'retracted';

export function phaseOf({ last }: Incident): Phase {
  if (last.event === 'resolved' || last.event === 'retracted') return last.event;
  return last.settled ? 'open' : 'provisional';
}

/** True for an incident that is open, provisionally or not. */
export function isLive(incident: Incident | undefined): incident is Incident {
  return incident !== undefined && incident.last.event !== 'resolved' && incident.last.event !== 'retracted';
}

const counters = z.object({
  v: z.literal(1),
  group: z.string(),
  clean: z.number().int(),
  cleanEnd: z.number(),
  trafficEnd: z.number(),
});

/** What ati.incident-state keeps of an incident; `fromState` reads it back. */
export function toState(incident: Incident): IncidentState {
  const { id, group, clean, cleanEnd, trafficEnd, appliedThrough, last } = incident;
  const json: z.output<typeof counters> = { v: 1, group, clean, cleanEnd, trafficEnd };
  return { incidentId: id, appliedThrough, counters: JSON.stringify(json), last };
}

export function fromState(
  state: IncidentState,
): { ok: true; incident: Incident } | { ok: false; reason: string } {
  let json: unknown;
  try {
    json = JSON.parse(state.counters);
  } catch {
    return { ok: false, reason: `counters of incident ${state.incidentId} are not JSON` };
  }
  const parsed = counters.safeParse(json);
  if (!parsed.success)
    return {
      ok: false,
      reason: `counters of incident ${state.incidentId}: ${z.prettifyError(parsed.error)}`,
    };
  const { v: _version, ...rest } = parsed.data;
  const { incidentId: id, appliedThrough, last } = state;
  return { ok: true, incident: { id, appliedThrough, last, ...rest } };
}
