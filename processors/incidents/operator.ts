/** What an operator's action does to an incident, at its place in the log. */
import type { IncidentEvent, IncidentEventType, OperatorAction } from '#schemas/events.ts';
import { type Incident, isLive } from './incident.ts';
import { type Change, type Moment, say } from './lifecycle.ts';

type Changed = Pick<IncidentEvent, 'acknowledgedBy' | 'acknowledgedAt' | 'mutedUntil' | 'note'>;

/** What stands for a note where nobody gave one: who did it, for what has no other field that says so. */
const BARE = /^(unacknowledged|muted|unmuted) by /;

/** `by: note`; without one the note before stays, and who did it is said only where that is no operator's word. */
function signed({ by, note }: OperatorAction, event: IncidentEventType, before: string): string {
  if (note !== '') return `${by}: ${note}`;
  return before === '' || BARE.test(before) ? `${event} by ${by}` : before;
}

/** Each action's event and what it sets; undefined where it does not fit: it would change nothing. */
function effectOf(
  action: OperatorAction,
  last: IncidentEvent,
): { readonly event: IncidentEventType; readonly set: Partial<Changed> } | undefined {
  const { by, at, until, note } = action;
  switch (action.action) {
    case 'acknowledge': {
      if (last.acknowledgedBy !== '' || by === '') return undefined;
      const said = note === '' ? {} : { note };
      return { event: 'acknowledged', set: { acknowledgedBy: by, acknowledgedAt: at, ...said } };
    }
    case 'unacknowledge':
      if (last.acknowledgedBy === '') return undefined;
      return {
        event: 'unacknowledged',
        set: { acknowledgedBy: '', acknowledgedAt: 0, note: signed(action, 'unacknowledged', last.note) },
      };
    case 'mute':
      if (until <= at || until === last.mutedUntil) return undefined;
      return { event: 'muted', set: { mutedUntil: until, note: signed(action, 'muted', last.note) } };
    case 'unmute':
      if (last.mutedUntil <= at) return undefined;
      return { event: 'unmuted', set: { mutedUntil: 0, note: signed(action, 'unmuted', last.note) } };
  }
}

/**
 * The incident after an action; undefined where it no longer fits: an incident that is unknown here, of another tenant, or
 * already as the action wants it; and an acknowledgement of one that is over. A mute is over episodes: on one that is over
 * its event is `resolved` (`retracted`) again, since the last event is the state. The event keeps the window and the
 * `settled` of the one before.
 */
export function onAction(
  incident: Incident | undefined,
  action: OperatorAction,
  moment: Pick<Moment, 'at' | 'position'>,
): Change {
  if (incident === undefined || incident.last.tenant !== action.tenant) return undefined;
  const live: boolean = isLive(incident);
  if (!live && action.action !== 'mute' && action.action !== 'unmute') return undefined;
  const { last } = incident;
  const effect = effectOf(action, last);
  if (effect === undefined) return undefined;
  const { windowStart, windowEnd, settled } = last;
  const event = live ? effect.event : last.event;
  const after = say(incident, event, settled, { ...moment, windowStart, windowEnd }, effect.set);
  return { incident: after, events: [after.last] };
}
