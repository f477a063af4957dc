/** What an operator's action does to an incident, at its place in the log. */
import type { IncidentEvent, IncidentEventType, OperatorAction } from '#schemas/events.ts';
import { type Incident, isLive } from './incident.ts';
import { type Change, type Moment, say } from './lifecycle.ts';

type Changed = Pick<IncidentEvent, 'acknowledgedBy' | 'acknowledgedAt' | 'mutedUntil' | 'note'>;

/** `by: note`, for what has no other field that says who. */
const signed = ({ by, note }: OperatorAction) => (note === '' ? by : `${by}: ${note}`);

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
        set: { acknowledgedBy: '', acknowledgedAt: 0, note: signed(action) },
      };
    case 'mute':
      if (until <= at || until === last.mutedUntil) return undefined;
      return { event: 'muted', set: { mutedUntil: until, note: signed(action) } };
    case 'unmute':
      if (last.mutedUntil <= at) return undefined;
      return { event: 'unmuted', set: { mutedUntil: 0, note: signed(action) } };
  }
}

/**
 * The incident after an action; undefined where it no longer fits: an incident that is unknown here, over, of another
 * tenant, or already as the action wants it. The event keeps the window and the `settled` of the one before.
 */
export function onAction(
  incident: Incident | undefined,
  action: OperatorAction,
  moment: Pick<Moment, 'at' | 'position'>,
): Change {
  if (!isLive(incident) || incident.last.tenant !== action.tenant) return undefined;
  const { last } = incident;
  const effect = effectOf(action, last);
  if (effect === undefined) return undefined;
  const { windowStart, windowEnd, settled } = last;
  const after = say(incident, effect.event, settled, { ...moment, windowStart, windowEnd }, effect.set);
  return { incident: after, events: [after.last] };
}
