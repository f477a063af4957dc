/** What an operator does with an incident from the terminal, by the query API. */
import { z } from 'zod';
import type { OperatorActionType } from '#schemas/events.ts';
import { type IncidentJson, incidentJson } from '../api/incident-json.ts';
import { type Answer, ask, parsed } from '../ask-api.ts';

/** What is shown of those that a prefix could mean. */
const MOST_CANDIDATES = 5;

const list = z.object({ incidents: z.array(incidentJson), next: z.string().nullable() });
const after = z.object({ events: z.array(incidentJson) });
const accepted = z.object({ revision: z.number(), until: z.string().nullable() });

const failed = (reason: string) => ({ ok: false, missing: false, reason }) as const;

const described = ({ incidentId, kind, agent, operation, state }: IncidentJson) =>
  `  ${incidentId}  ${state}  ${kind}  ${agent} / ${operation}`;

/** The one incident whose id begins so; among several the one that is open. */
export async function findIncident(base: string, prefix: string): Promise<Answer<IncidentJson>> {
  const answer = await ask(base, `/v1/incidents?limit=500&id=${prefix}`);
  if (!answer.ok) return answer;
  const read = parsed(base, list, answer.value.json);
  if (!read.ok) return read;
  const { incidents } = read.value;
  const open = incidents.filter(({ state }) => state === 'open');
  const candidates = open.length > 0 ? open : incidents;
  if (candidates.length === 1) return { ok: true, value: candidates[0] };
  if (candidates.length === 0) return failed(`no incident's id begins with ${prefix}: see npm run incidents`);
  const more = candidates.length - MOST_CANDIDATES;
  return failed(
    [
      `the ids of several incidents begin with ${prefix}: give more of it`,
      ...candidates.slice(0, MOST_CANDIDATES).map(described),
      ...(more > 0 ? [`  … and ${more} more`] : []),
    ].join('\n'),
  );
}

export interface Deed {
  readonly action: OperatorActionType;
  readonly by: string;
  readonly note: string;
  /** Of a mute. */
  readonly minutes?: number;
}

/** What an action is, once it is done: its event on an incident that is open. */
export const DONE = {
  acknowledge: 'acknowledged',
  unacknowledge: 'unacknowledged',
  mute: 'muted',
  unmute: 'unmuted',
} as const;

export interface Patience {
  /** How long the action's event is waited for, ms. */
  readonly withinMs: number;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** True for the event of an action. A mute (until `until`) leaves an incident that is over as it is but for its end. */
function shows(event: IncidentJson, action: OperatorActionType, until: string | null): boolean {
  if (event.event === DONE[action]) return true;
  return event.state !== 'open' && /mute$/.test(action) && event.mutedUntil === until;
}

/** Between looks for the event: often at first, since it mostly comes soon. */
const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Writes an action and waits for its event. `value` is the event; undefined where it had not come in time: the action is
 * on the log all the same.
 */
export async function act(
  base: string,
  incident: IncidentJson,
  { action, ...given }: Deed,
  { withinMs, now, sleep }: Patience,
): Promise<Answer<IncidentJson | undefined>> {
  const path = `/v1/incidents/${incident.incidentId}`;
  const answer = await ask(base, `${path}/${action}`, {
    post: given,
    missing: /^no incident /,
    scope: 'operate',
  });
  if (!answer.ok) return answer;
  const taken = parsed(base, accepted, answer.value.json);
  if (!taken.ok) return taken;
  const deadline = now() + withinMs;
  for (let pause = PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
    const seen = await ask(base, `${path}/events?after=${taken.value.revision}`);
    if (!seen.ok) return seen;
    const read = parsed(base, after, seen.value.json);
    if (!read.ok) return read;
    const event = read.value.events.find((each) => shows(each, action, taken.value.until));
    if (event !== undefined || now() >= deadline) return { ok: true, value: event };
    await sleep(pause);
  }
}
